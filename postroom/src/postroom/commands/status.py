"""`postroom status`: the ingests of a source, or one of them."""

from __future__ import annotations

import click
from rich.table import Column, Table
from rich.text import Text

from cutline.console import out, print_json
from cutline.errors import Exit
from postroom.commands.where import Where, where_options
from postroom.ingest import Ingest, read_ingest, read_ingests


@click.command()
@click.argument("pst_file_id", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the ingests as JSON.")
@where_options
def status(pst_file_id: str | None, where: Where, *, as_json: bool) -> int:
    """Show the ingests of a source, or the one with that ID; exit 7 while one is in progress.

    One that failed, was cancelled or lost its worker exits 3; `error_message` says why.
    """
    archive = where.archive()
    found = [read_ingest(archive, pst_file_id)] if pst_file_id else read_ingests(archive)
    if as_json:
        ingests = [ingest.as_json() for ingest in found]
        print_json(ingests[0] if pst_file_id else ingests)
    else:
        _show(found, one=pst_file_id is not None)
    if any(ingest.is_in_progress and not ingest.is_stalled for ingest in found):
        return Exit.IN_PROGRESS
    is_over = found and pst_file_id and found[0].processing_status != "completed"
    return Exit.NOT_MEASURED if is_over else Exit.OK


def _show(found: list[Ingest], *, one: bool) -> None:
    if one:
        table = Table(Column(), Column(overflow="fold"), show_header=False, box=None)
        for name, value in found[0].as_json().items():
            table.add_row(name, Text("" if value is None else str(value)))
    else:
        table = Table(
            Column("id", min_width=36),
            "engine",
            "status",
            "messages",
            "attachments",
            "errors",
            "file",
        )
        for ingest in found:
            table.add_row(*map(Text, _cells(ingest)))
    out.print(table)


def _cells(ingest: Ingest) -> list[str]:
    numbers = (ingest.total_emails, ingest.total_attachments, ingest.item_errors)
    counted = ["" if number is None else f"{number:,}" for number in numbers]
    status = f"{ingest.processing_status}{' (stalled)' if ingest.is_stalled else ''}"
    return [ingest.id, ingest.engine or "", status, *counted, ingest.file_name]
