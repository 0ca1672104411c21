"""`postroom dead-letters`: what failed for good, and how it is sent back."""

from __future__ import annotations

import click
from rich.table import Column, Table
from rich.text import Text

from cutline.console import err, out, print_json
from cutline.errors import Exit, WrongUsage
from postroom.commands.pipeline_options import pipeline_option
from postroom.commands.where import Where, where_options
from postroom.moment import now_text
from postroom.pipeline.dead_letters import (
    DeadLetter,
    mark_requeued,
    read_dead_letter,
    read_dead_letters,
)
from postroom.pipeline.queue import open_queue


@click.group("dead-letters")
def dead_letters() -> None:
    """Show what failed for good, with its reason, and send it back into the queue."""


@dead_letters.command("list")
@click.option("--all", "with_requeued", is_flag=True, help="Also those that were sent back.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@where_options
def list_command(where: Where, *, with_requeued: bool, as_json: bool) -> int:
    """List the dead letters of a source; exit 1 if one waits for a person."""
    found = read_dead_letters(where.archive(), with_requeued=with_requeued)
    if as_json:
        print_json([letter.as_json() for letter in found])
    elif found:
        table = Table("id", "ingest", "engine", "task", Column("reason", overflow="fold"))
        for letter in found:
            table.add_row(*map(Text, _cells(letter)))
        out.print(table)
    waits = any(letter.requeued_at is None for letter in found)
    return Exit.BLOCKED if waits else Exit.OK


@dead_letters.command("show")
@click.argument("letter_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@where_options
def show_command(letter_id: str, where: Where, *, as_json: bool) -> None:
    """Show the dead letter ID."""
    letter = read_dead_letter(where.archive(), letter_id)
    if as_json:
        print_json(letter.as_json())
        return
    table = Table(Column(), Column(overflow="fold"), show_header=False, box=None)
    for name, value in letter.as_json().items():
        table.add_row(name, Text("" if value is None else str(value)))
    out.print(table)


@dead_letters.command("requeue")
@click.argument("letter_ids", metavar="ID...", nargs=-1, required=True)
@where_options
@pipeline_option
def requeue_command(letter_ids: tuple[str, ...], where: Where, pipeline_dsn: str | None) -> None:
    """Send dead letters back into the queue: a new attempt at each ingest."""
    archive = where.archive()
    queue = open_queue(where, pipeline_dsn)
    try:
        for letter_id in letter_ids:
            letter = read_dead_letter(archive, letter_id)
            if letter.requeued_at is not None:
                raise _sent_back(letter)
            queue.submit(letter.asks_for(), letter.engine)
            mark_requeued(archive, letter.id, now_text())
            err.print(f"requeued for {letter.engine} (postroom status {letter.pst_file_id})")
    finally:
        queue.close()


def _cells(letter: DeadLetter) -> list[str]:
    return [
        letter.id,
        letter.pst_file_id or "",
        letter.engine,
        letter.task or "",
        letter.reason if letter.requeued_at is None else f"(requeued) {letter.reason}",
    ]


def _sent_back(letter: DeadLetter) -> WrongUsage:
    return WrongUsage(
        "this dead letter was sent back before",
        where=f"dead letter {letter.id}",
        why=f"at {letter.requeued_at}",
        remedy=f"postroom status {letter.pst_file_id} shows what became of it",
    )
