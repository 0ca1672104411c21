"""`postroom source`: where a source lives, and how it moves between SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.table import Column, Table
from rich.text import Text

from cutline.console import err, out, print_json
from cutline.errors import Exit
from postroom.commands.source_options import Ends, ends_options

if TYPE_CHECKING:
    from postroom.archive.fence import Fence
    from postroom.move.state import State


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
        for state in states:
            _show(state)
    return Exit.IN_PROGRESS if any(state.is_half_way for state in states) else Exit.OK


def _show(state: State) -> None:
    """Print what a person asks first; `--json` has all of it."""
    placement, fence = state.placement, state.fence
    rows = {
        "source": state.source_id,
        "serves": _serves(state),
        "takes writes": state.writes,
        "generation": str(placement.generation) if placement.generation else "",
        "fence of the file": "" if fence is None else _fence(fence),
        "not carried yet": _lag(state),
        "tasks": "paused" if state.is_paused else "",
        "at work on": state.step or "",
        "last pause": "" if state.pause_ms is None else f"{state.pause_ms:,.0f} ms",
        "next": state.next,
    }
    table = Table(Column(style="dim"), Column(overflow="fold"), show_header=False, box=None)
    for name, value in rows.items():
        if value:
            table.add_row(name, Text(value))
    out.print(table)


def _serves(state: State) -> str:
    if state.is_left:
        return "unknown: the file was closed on the way to PostgreSQL, and no registry has it here"
    if not state.is_registered:
        return "sqlite; no registry has it"
    owner, epoch = state.placement.owner, state.placement.epoch
    return f"{state.serves}: the registry says {owner} at epoch {epoch}"


def _fence(fence: Fence) -> str:
    return f"{'open' if fence.is_open else 'closed'} at epoch {fence.epoch}"


def _lag(state: State) -> str:
    """Say how much one store has and the other has not; nothing where there is none."""
    if state.lag.entries is None:
        return ""
    oldest = "" if state.lag.oldest_s is None else f", the oldest {state.lag.oldest_s:,.0f} s old"
    return f"{state.lag.entries:,} changes{oldest}" if state.lag.entries else ""
