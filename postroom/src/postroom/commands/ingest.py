"""`postroom ingest`: a PST file into the archive of a source, by v1 or by v2."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.console import err, out, print_json
from cutline.errors import Exit
from postroom.claim import Engine
from postroom.commands.bar import shown_progress
from postroom.commands.where import Where, where_options
from postroom.ingest import Ingest, ingest_file


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--engine", type=click.Choice(["v1", "v2"]), default="v2", show_default=True)
@click.option("--project", "project_id", default="default", show_default=True)
@click.option("--case", "case_id", default=None, help="The case within the project.")
@click.option("--json", "as_json", is_flag=True, help="Print the ingest as JSON.")
@where_options
def ingest(
    file: Path,
    engine: Engine,
    project_id: str,
    case_id: str | None,
    where: Where,
    *,
    as_json: bool,
) -> int:
    """Ingest a PST FILE and print the id of the ingest; exit 5 if some items could not be read."""
    archive = where.archive(create=True)
    with shown_progress() as progress:
        done = ingest_file(file, engine, archive, where.store(), project_id, case_id, progress)
    if as_json:
        print_json(done.as_json())
    else:
        out.print(done.id)
        err.print(_summary(done))
    return Exit.ITEM_ERRORS if done.item_errors else Exit.OK


def _summary(done: Ingest) -> str:
    return (
        f"{done.total_emails or 0:,} messages, {done.total_attachments or 0:,} attachments by"
        f" {done.engine}, {done.item_errors:,} item errors (postroom status {done.id})"
    )
