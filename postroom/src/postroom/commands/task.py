"""`postroom task`: one task of an ingest, once more."""

from __future__ import annotations

from dataclasses import asdict

import click

from cutline.console import err, print_json
from cutline.errors import Exit, WrongUsage
from postroom.commands.bar import shown_progress
from postroom.commands.where import Where, where_options
from postroom.ingest import run_task
from postroom.tasks.names import TASKS


@click.command()
@click.argument("name", metavar="TASK", type=click.Choice(TASKS))
@click.option("--ingest", "pst_file_id", required=True, help="The id that `ingest` printed.")
@click.option("--across", is_flag=True, help="dedupe: compare with older ingests as well.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@where_options
def task(name: str, pst_file_id: str, where: Where, *, across: bool, as_json: bool) -> int:
    """Run one TASK of an ingest again; each is idempotent."""
    if across and name != "dedupe":
        raise WrongUsage(
            "only dedupe works across ingests",
            where=f"postroom task {name} --across",
            why="every other task is about the mails of one ingest",
            remedy=f"postroom task dedupe --ingest {pst_file_id} --across",
        )
    archive, store = where.archive(), where.store()
    with shown_progress() as progress:
        result = run_task(archive, store, pst_file_id, name, progress, across=across)
    if as_json:
        print_json(asdict(result))
    else:
        counts = ", ".join(f"{count:,} {what}" for what, count in result.counts.items())
        err.print(f"{name}: {counts or 'done'}; {result.item_errors:,} item errors")
    return Exit.ITEM_ERRORS if result.item_errors else Exit.OK
