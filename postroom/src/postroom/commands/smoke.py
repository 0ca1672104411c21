"""`postroom smoke`: whether a running service serves a source as it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Column, Table
from rich.text import Text

from cutline.console import err, out, print_json
from cutline.errors import Exit, WrongUsage
from postroom.commands.secret import secret_of
from postroom.commands.where import Where, where_options

if TYPE_CHECKING:
    from postroom.smoke import Asked, Checked, Service

_ITEMS = 50


@click.command()
@click.option("--base-url", required=True, metavar="URL", help="Where the service listens.")
@click.option("--token", metavar="env:NAME", help="The variable that holds a token of it.")
@click.option(
    "--expect",
    type=click.Choice(["sqlite", "postgres_primary"]),
    help="The store that answers have to come from.",
)
@click.option("--generation", type=int, help="Look at that generation, which is not served yet.")
@click.option("--items", type=click.IntRange(min=1), default=_ITEMS, show_default=True)
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The log of the service, for bursts of 5xx and for 4xx by route.",
)
@click.option("--since", metavar="TIME", help="When the change was: 4xx are compared with before.")
@click.option("--wait-s", type=float, default=60.0, help="How long the index may lag behind.")
@click.option("--json", "as_json", is_flag=True, help="Print every check as JSON.")
@where_options
def smoke(  # noqa: PLR0913, PLR0917  # an option each
    base_url: str,
    token: str | None,
    expect: str | None,
    generation: int | None,
    items: int,
    logs: tuple[Path, ...],
    since: str | None,
    wait_s: float,
    where: Where,
    *,
    as_json: bool,
) -> int:
    """Check that a service serves a source: routing, rows, search, notes, leakage, errors.

    It writes one note and one value to one message and takes them away again. Leaves with 1 and the
    name of the check if one fails, with 3 if one could not be measured.
    """
    from postroom.smoke import Asked, Service  # noqa: PLC0415  # a second to import
    from postroom.smoke.drawn import draw  # noqa: PLC0415  # likewise
    from postroom.smoke.requests import Requests  # noqa: PLC0415  # likewise

    archive, begun = where.archive(), datetime.now(UTC)
    others = tuple(
        replace(where, source_id=other).archive()
        for other in where.place().sources()
        if other != where.source_id
    )
    given = None if token is None else secret_of(token, "--token")
    with Service(base_url, where.source_id, token=given, generation=generation) as service:
        requests = Requests.of(service, logs, _moment(since))
        drawn = draw(archive, items)
        asked = Asked(service, archive, others, drawn, expect, requests, begun, wait_s)
        return _run(service, asked, as_json=as_json)


def _run(service: Service, asked: Asked, *, as_json: bool) -> int:
    from postroom.smoke import Outcome  # noqa: PLC0415  # a second to import
    from postroom.smoke import smoke as checks  # noqa: PLC0415  # likewise

    done: list[Checked] = []
    for checked in checks(asked):
        done.append(checked)
        if not as_json:
            err.print(f"{checked.name}: {checked.verdict.outcome}", markup=False)
    failed = [one.name for one in done if one.verdict.outcome is Outcome.FAIL]
    unseen = [one.name for one in done if one.verdict.outcome is Outcome.BLIND]
    if as_json:
        print_json(
            {
                "source_id": service.source_id,
                "generation": service.generation,
                "at": asked.begun.isoformat(),
                "ok": not failed and not unseen,
                "failed": failed,
                "not_measured": unseen,
                "checks": [one.as_json() for one in done],
            }
        )
    else:
        _show(done)
    if failed:
        err.print(f"failed: {', '.join(failed)}", markup=False)
        return Exit.BLOCKED
    if unseen:
        err.print(f"not measured: {', '.join(unseen)}", markup=False)
        return Exit.NOT_MEASURED
    return Exit.OK


def _show(done: list[Checked]) -> None:
    table = Table(
        Column("check", no_wrap=True),
        Column("", no_wrap=True),
        Column("seen", overflow="fold"),
        Column("s", justify="right"),
        box=None,
        pad_edge=False,
    )
    for one in done:
        row = (one.name, one.verdict.outcome.value, one.verdict.said, f"{one.elapsed_s:.2f}")
        table.add_row(*map(Text, row))
    out.print(table)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise WrongUsage(
            "this is no moment",
            where=f"--since {text}",
            why="a moment is written as 2026-11-20T12:00:00Z",
            remedy="postroom source status SOURCE --json says when it was switched",
        )
    return found
