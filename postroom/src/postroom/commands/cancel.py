"""`postroom cancel`: ends an ingest that is queued or in progress."""

from __future__ import annotations

import click

from cutline.console import err
from postroom.commands.pipeline_options import pipeline_option
from postroom.commands.where import Where, where_options
from postroom.pipeline.queue import open_queue


@click.command()
@click.argument("pst_file_id", metavar="ID")
@where_options
@pipeline_option
def cancel(pst_file_id: str, where: Where, pipeline_dsn: str | None) -> None:
    """Cancel the ingest ID: what runs of it ends within seconds, and nothing of it is written.

    It can be asked for again. Exit 1 if it is completed or failed.
    """
    queue = open_queue(where, pipeline_dsn)
    try:
        queue.cancel(pst_file_id)
    finally:
        queue.close()
    err.print(f"cancelled (postroom status {pst_file_id})")
