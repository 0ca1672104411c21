"""`postroom source carry`, `rollback` and `recover`: the way back to SQLite."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from cutline.console import err, print_json
from cutline.errors import Exit, Problem, WrongUsage
from postroom.commands.bar import shown_progress
from postroom.commands.source_options import Ends, ends_options

if TYPE_CHECKING:
    from postroom.archive.sqlite import SqliteArchive
    from postroom.move.carry_back import Carried

_WAIT_S: Final = 10.0


@click.command("carry")
@click.argument("source_id", metavar="SOURCE")
@click.option("--once", is_flag=True, help="Carry what is there now, and end.")
@click.option("--compare", "compares", is_flag=True, help="Compare every row first; with --once.")
@click.option(
    "--poll",
    "poll_s",
    type=click.FloatRange(0.02),
    default=0.5,
    show_default=True,
    help="Seconds between looks at PostgreSQL's log.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was carried as JSON.")
@ends_options
def carry_command(
    source_id: str, ends: Ends, *, once: bool, compares: bool, poll_s: float, as_json: bool
) -> int:
    """Carry what is written to PostgreSQL into the closed file of SOURCE, until SIGTERM.

    It may be stopped and started at any time, and run twice; while SOURCE is served from its file
    it waits. Exit 1 for a file that is not the one
    that was left, and with --compare for one that differs.
    """
    if compares and not once:
        raise WrongUsage(
            "--compare is for one pass",
            where="--compare",
            why="to compare every row takes its time, and the file is locked meanwhile",
            remedy=f"postroom source carry {source_id} --once --compare",
        )
    from postroom.move.carry_back import carry_once  # noqa: PLC0415  # psycopg takes its time

    archive = _file(source_id, ends)
    if not once:
        _carry_on(archive, ends.admin, poll_s)
        return Exit.OK
    with shown_progress() as progress:
        carried = carry_once(archive, ends.admin, compares=progress if compares else None)
    if as_json:
        print_json({"source_id": source_id, **carried.as_json()})
    else:
        _say(source_id, carried)
    return Exit.OK


@click.command("rollback")
@click.argument("source_id", metavar="SOURCE")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0.1),
    default=_WAIT_S,
    show_default=True,
    help="Seconds to wait for who writes in PostgreSQL now.",
)
@click.option("--compare", "compares", is_flag=True, help="Compare every row before it.")
@click.option(
    "--accept-loss",
    "accepts",
    is_flag=True,
    help="PostgreSQL is gone: open the file though something may be missing in it.",
)
@click.option("--by", metavar="NAME", default=None, help="Who attests that PostgreSQL is fenced.")
@click.option("--json", "as_json", is_flag=True, help="Print what was measured as JSON.")
@ends_options
def rollback_command(  # one parameter an option
    source_id: str,
    ends: Ends,
    *,
    wait_s: float,
    compares: bool,
    accepts: bool,
    by: str | None,
    as_json: bool,
) -> int:
    """Bring SOURCE back from PostgreSQL to its file, losing nothing; run again, it finishes.

    Writes pause while the rest is carried. Exit 1, with PostgreSQL serving on, if its writers do
    not come to an end (they are named), or the file is not the right one.
    """
    if accepts:
        return _accept_loss(source_id, ends, by, as_json=as_json)
    from postroom.move.rollback import roll_back  # noqa: PLC0415  # as above

    with shown_progress() as progress:
        returned = roll_back(
            _file(source_id, ends), ends.admin, wait_s=wait_s, compares=compares, progress=progress
        )
    if as_json:
        print_json(returned.as_json())
    paused = "" if returned.pause_ms is None else f"; writes paused for {returned.pause_ms:.0f} ms"
    err.print(f"{source_id}: served from SQLite, epoch {returned.epoch}{paused}", markup=False)
    return Exit.OK


@click.command("recover")
@click.argument("source_id", metavar="SOURCE")
@click.option("--now", "at_once", is_flag=True, help="Do not wait for who may be at work.")
@click.option("--reconcile", "reconciles", is_flag=True, help="After --accept-loss: bring it home.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@ends_options
def recover_command(
    source_id: str, ends: Ends, *, at_once: bool, reconciles: bool, as_json: bool
) -> int:
    """Finish or undo what was cut off on SOURCE, so that one store serves it.

    Exit 7 while somebody may still be at work on it, 1 for a file that is an old copy.
    """
    archive = _file(source_id, ends)
    told: dict[str, Any]
    if reconciles:
        from postroom.move.reconcile import reconcile  # noqa: PLC0415  # as above

        folder = ends.home / "snapshots"
        told = reconcile(archive, ends.admin, folder=folder, wait_s=_WAIT_S).as_json()
    else:
        from postroom.move.recover import recover  # noqa: PLC0415  # as above

        told = recover(archive, ends.admin, is_patient=not at_once).as_json()
    if as_json:
        print_json(told)
    said = "reconciled" if reconciles else told["did"]
    err.print(f"{source_id}: {said}; {told['owner']} serves", markup=False)
    return Exit.OK


def _accept_loss(source_id: str, ends: Ends, by: str | None, *, as_json: bool) -> int:
    from postroom.move.accept_loss import accept_loss  # noqa: PLC0415  # as above

    if not by:
        raise WrongUsage(
            "a loss is accepted by somebody",
            where="--accept-loss",
            why="--by NAME is missing: who attests that PostgreSQL is fenced and serves nobody",
            remedy=f"postroom source rollback {source_id} --accept-loss --by NAME",
        )
    opened = accept_loss(_file(source_id, ends), ends.best, by=by)
    if as_json:
        print_json(opened.as_json())
    err.print(
        f"{source_id}: its file takes writes, attested by {opened.attested}; what PostgreSQL has"
        f" alone is not in it: postroom source recover {source_id} --reconcile, once it is back",
        markup=False,
    )
    return Exit.OK


def _file(source_id: str, ends: Ends) -> SqliteArchive:
    from postroom.archive.names import check_source_id  # noqa: PLC0415  # as above
    from postroom.archive.sqlite import open_sqlite  # noqa: PLC0415

    return open_sqlite(check_source_id(source_id), ends.home, create=False)


def _carry_on(archive: SqliteArchive, dsn: str, poll_s: float) -> None:
    from postroom.move.carry_back import carry_on  # noqa: PLC0415  # as above

    said = ""

    def troubled(error: Problem) -> None:
        nonlocal said
        if (words := f"waits: {error.what}: {error.why}") != said:
            said = words
            err.print(words, markup=False)

    def report(carried: Carried) -> None:
        nonlocal said
        said = ""
        _say(archive.source_id, carried)

    with _until_told() as is_over:
        carry_on(
            archive,
            dsn,
            is_over=is_over,
            poll_s=poll_s,
            report=report,
            troubled=troubled,
        )


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """Yield what is set by SIGTERM and SIGINT: a pass in progress comes to its end."""
    is_over = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, lambda *_: is_over.set()) for each in signals]
    try:
        yield is_over
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


def _say(source_id: str, carried: Carried) -> None:
    rows = sum(carried.written.values())
    gone = sum(carried.gone.values())
    compared = f"; {sum(carried.compared.values()):,} rows compared" if carried.compared else ""
    err.print(
        f"{source_id}: carried {carried.entries:,} entries: {rows:,} rows written,"
        f" {gone:,} gone{compared}",
        markup=False,
    )
