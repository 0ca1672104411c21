"""`postroom submit`: the message that asks for an ingest, into the queue of an engine."""

from __future__ import annotations

from uuid import UUID

import click

from cutline.console import err, print_json
from postroom.claim import Engine
from postroom.commands.pipeline_options import pipeline_option
from postroom.commands.where import Where, where_options
from postroom.pipeline.message import IngestMessage, default_key
from postroom.pipeline.queue import open_queue


@click.command()
@click.option("--pst-file-id", required=True, help="The id of the upload, a UUID.")
@click.option("--project-id", required=True)
@click.option("--case-id", default=None, help="The case within the project.")
@click.option("--file-name", required=True)
@click.option("--bucket", default=None, help="Where the upload lies.  [default: the store's]")
@click.option(
    "--key",
    default=None,
    help="Its key.  [default: project_PROJECT/pst/ID/FILE_NAME]",
)
@click.option("--engine", type=click.Choice(["v1", "v2"]), default="v2", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the message as JSON.")
@where_options
@pipeline_option
def submit(  # noqa: PLR0913  # an option each
    *,
    pst_file_id: str,
    project_id: str,
    case_id: str | None,
    file_name: str,
    bucket: str | None,
    key: str | None,
    engine: Engine,
    where: Where,
    pipeline_dsn: str | None,
    as_json: bool,
) -> None:
    """Ask for the ingest of an upload that lies in the object store; a worker does it.

    The same again changes nothing. Exit 1 while somebody is at it, or if it is completed.
    """
    message = IngestMessage(
        pst_file_id=_uuid(pst_file_id),
        project_id=project_id,
        case_id=case_id,
        file_name=file_name,
        source_bucket=bucket or where.store().bucket,
        source_key=key or default_key(project_id, _uuid(pst_file_id), file_name),
        source_id=where.source_id,
    )
    queue = open_queue(where, pipeline_dsn)
    try:
        queue.submit(message, engine)
    finally:
        queue.close()
    if as_json:
        print_json({"engine": engine, "message": message.as_json()})
    else:
        err.print(f"queued for {engine} (postroom status {message.pst_file_id})")


def _uuid(given: str) -> str:
    try:
        return str(UUID(given))
    except ValueError:
        return given  # the message says what is wrong with it
