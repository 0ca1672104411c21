"""`postroom source move`, `verify` and `switch`: a source's way into PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cutline.console import err, print_json
from cutline.errors import Exit
from postroom.commands.bar import shown_progress
from postroom.commands.source_options import Ends, ends_options

if TYPE_CHECKING:
    from postroom.move.mover import Moved, Until


@click.command("move")
@click.argument("source_ids", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "--until",
    type=click.Choice(["verify", "switch"]),
    default="switch",
    show_default=True,
    help="verify: stop when both stores are known to hold the same; nobody notices anything yet.",
)
@click.option(
    "--snapshot/--no-snapshot",
    "is_kept",
    default=True,
    show_default=True,
    help="Take a snapshot of the file first, proven, in HOME/snapshots.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was measured as JSON.")
@ends_options
def move_command(
    source_ids: tuple[str, ...], until: Until, ends: Ends, *, is_kept: bool, as_json: bool
) -> int:
    """Move each SOURCE from its SQLite file to PostgreSQL, while it is read and written.

    One after the other; the first that fails ends it, and the others stay where they are. What was
    cut off goes on where it was.
    """
    return _each(source_ids, ends, until, is_kept=is_kept, as_json=as_json)


@click.command("switch")
@click.argument("source_ids", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print what was measured as JSON.")
@ends_options
def switch_command(source_ids: tuple[str, ...], ends: Ends, *, as_json: bool) -> int:
    """Switch each SOURCE to PostgreSQL that `move --until verify` has made ready."""
    from postroom.move.mover import check_ready  # noqa: PLC0415  # psycopg takes its time

    for source_id in source_ids:
        check_ready(source_id, ends.admin)
    return _each(source_ids, ends, "switch", as_json=as_json)


@click.command("verify")
@click.argument("source_ids", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print what was compared as JSON.")
@ends_options
def verify_command(source_ids: tuple[str, ...], ends: Ends, *, as_json: bool) -> int:
    """Compare both stores of each SOURCE row by row, while it is written; exit 1 if they differ.

    Before its switch it is what `move --until verify` does. Afterwards what was written to
    PostgreSQL and is not carried back yet is left out.
    """
    return _each(source_ids, ends, "verify", as_json=as_json)


def _each(
    source_ids: tuple[str, ...], ends: Ends, until: Until, *, is_kept: bool = False, as_json: bool
) -> int:
    done = [_one(source_id, ends, until, is_kept=is_kept) for source_id in source_ids]
    if as_json:
        told = [one.as_json() for one in done]
        print_json(told[0] if len(told) == 1 else told)
    return Exit.OK


def _one(source_id: str, ends: Ends, until: Until, *, is_kept: bool) -> Moved:
    from postroom.archive.sqlite import open_sqlite  # noqa: PLC0415  # as above
    from postroom.move.bootstrap import bootstrap  # noqa: PLC0415
    from postroom.move.mover import move  # noqa: PLC0415

    file = open_sqlite(source_id, ends.home, create=False)
    bootstrap(source_id, home=ends.home, admin_dsn=ends.admin, service_dsn=ends.registry)
    with shown_progress() as progress:
        folder = ends.home / "snapshots" if is_kept else None
        moved = move(file, ends.admin, progress, until=until, snapshots=folder)
    err.print(f"{source_id}: {_said(moved)}", markup=False)
    return moved


def _said(moved: Moved) -> str:
    detail: dict[str, Any] = moved.detail
    rows = sum((detail.get("compared") or detail.get("verified") or {}).values())
    match moved.outcome:
        case "there":
            return f"lives in PostgreSQL, generation {moved.placement.generation}"
        case "verified":
            return f"{rows:,} rows are the same in both stores; postroom source switch comes next"
        case "moved":
            pause = detail.get("pause_ms")
            waited = "" if pause is None else f"; writes waited {pause:,.0f} ms"
            return f"moved to PostgreSQL, {rows:,} rows compared{waited}"
