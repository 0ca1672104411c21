"""`postroom ingest`: a PST file into the archive of a source, by v1 or by v2."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.console import err, out, print_json
from cutline.errors import Exit, WrongUsage
from postroom.claim import Engine
from postroom.commands.bar import shown_progress
from postroom.commands.where import Where, where_options
from postroom.ingest import Ingest, register, resume


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--engine", type=click.Choice(["v1", "v2"]), default="v2", show_default=True)
@click.option("--project", "project_id", default="default", show_default=True)
@click.option("--case", "case_id", default=None, help="The case within the project.")
@click.option("--resume", "pst_file_id", metavar="ID", help="Go on with one that has not ended.")
@click.option("--json", "as_json", is_flag=True, help="Print the ingest as JSON.")
@where_options
def ingest(
    file: Path | None,
    engine: Engine,
    project_id: str,
    case_id: str | None,
    where: Where,
    pst_file_id: str | None,
    *,
    as_json: bool,
) -> int:
    """Ingest a PST FILE and print the id of the ingest; exit 5 if some items could not be read.

    With --resume ID instead of FILE an ingest that failed or was stopped is processed again.
    """
    if (file is None) == (pst_file_id is None):
        raise WrongUsage(
            "either a FILE or --resume ID",
            where="postroom ingest",
            why="a new ingest needs a file, one that is resumed has its own",
            remedy="postroom ingest mail.pst",
        )
    archive, store = where.archive(create=file is not None), where.store()
    with shown_progress() as progress:
        if file is not None:
            pst_file_id = register(file, engine, archive, store, project_id, case_id)
        done = resume(archive, store, str(pst_file_id), progress, engine)
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
