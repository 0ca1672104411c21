"""`postroom source`: where a source lives, and how it moves between SQLite and PostgreSQL."""

from __future__ import annotations

import click
from rich.table import Column, Table
from rich.text import Text

from cutline.console import err, out, print_json
from cutline.errors import Exit
from postroom.commands.source_options import Ends, ends_options


@click.group("source")
def source() -> None:
    """Move a source between its SQLite file and PostgreSQL, under writes and losing none."""


@source.command("bootstrap")
@click.argument("source_ids", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print what is there as JSON.")
@ends_options
def bootstrap_command(source_ids: tuple[str, ...], ends: Ends, *, as_json: bool) -> int:
    """Make what each SOURCE needs in PostgreSQL before it can move there; twice is as good as once.

    Registry row, role and schema, and the group role `postroom_service` for the user of a service.
    It moves nothing.
    """
    from postroom.move.bootstrap import bootstrap  # noqa: PLC0415  # psycopg takes its time

    done = []
    for source_id in source_ids:
        made = bootstrap(source_id, home=ends.home, admin_dsn=ends.admin, service_dsn=ends.registry)
        done.append(made.as_json())
        err.print(
            f"{source_id}: schema {made.schema}, role {made.role}; {made.owner} serves",
            markup=False,
        )
    if as_json:
        print_json(done[0] if len(done) == 1 else done)
    return Exit.OK


@source.command("status")
@click.argument("source_ids", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@ends_options
def status_command(source_ids: tuple[str, ...], ends: Ends, *, as_json: bool) -> int:
    """Say which store serves each SOURCE, which takes writes, and what comes next.

    Exit 7 while one is between its stores or an attempt at moving it has not ended.
    """
    from postroom.move.state import read_state  # noqa: PLC0415  # as above

    states = [read_state(one, home=ends.home, dsn=ends.best) for one in source_ids]
    told = [state.as_json() for state in states]
    if as_json:
        print_json(told[0] if len(told) == 1 else told)
    else:
        for one in told:
            _show(one)
    return Exit.IN_PROGRESS if any(state.is_half_way for state in states) else Exit.OK


def _show(told: dict[str, object]) -> None:
    table = Table(Column(), Column(overflow="fold"), show_header=False, box=None)
    for name, value in told.items():
        if name != "attempts":
            table.add_row(name, Text("" if value is None else str(value)))
    out.print(table)
