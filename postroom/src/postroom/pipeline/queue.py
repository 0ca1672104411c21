"""The queue of ingests, whatever works on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Protocol

from cutline.errors import WrongUsage
from postroom.claim import Engine
from postroom.pipeline.message import IngestMessage
from postroom.pipeline.worker_rows import WorkerSeen

if TYPE_CHECKING:
    from postroom.commands.where import Where

PIPELINE: Final = "POSTROOM_PIPELINE"
"""The variable that chooses what works on the queue: `local` (DBOS) or `aws`."""


class Queue(Protocol):
    """Takes messages that ask for an ingest; may be used from several threads."""

    def submit(self, message: IngestMessage, engine: Engine) -> None:
        """Mark the ingest `queued` and put it into the queue of `engine`.

        The same message again changes nothing. Raises `ClaimHeld`, which names the holder, while
        somebody is at it or where it belongs to the other engine, `AlreadyCompleted` for one that
        is completed, `InvalidMessage` where message and row are of different uploads, `Away` while
        archive or queue cannot be reached. Once the row says `queued` nothing is lost any more: a
        worker finds a row that did not get into the queue.
        """
        ...

    def cancel(self, pst_file_id: str) -> None:
        """Mark the ingest `cancelled` and end what runs of it, within seconds.

        Twice is as good as once. Raises `AlreadyEnded` if it is completed or failed, `NotReadable`
        if there is none.
        """
        ...

    def depth(self) -> dict[Engine, int]:
        """Count the ingests that wait for each engine."""
        ...

    def workers(self) -> list[WorkerSeen]:
        """List the workers that live."""
        ...

    def close(self) -> None:
        """Give its connections back."""
        ...


def open_queue(where: Where, pipeline_dsn: str | None = None) -> Queue:
    """Open the queue of `where`: DBOS on SQLite in the home, or on PostgreSQL.

    `pipeline_dsn` is `env:NAME`; without it `POSTROOM_PIPELINE_DSN` may hold a DSN. With
    `POSTROOM_PIPELINE=aws` it is SQS. Raises `Away` if it cannot be reached.
    """
    kind = os.environ.get(PIPELINE) or "local"
    if kind == "local":
        from postroom.pipeline.local import open_local  # noqa: PLC0415  # DBOS takes its time

        return open_local(where, pipeline_dsn)
    if kind == "aws":
        return _open_aws(where)
    raise WrongUsage(
        "there is no such pipeline",
        where=PIPELINE,
        why="it is local or aws",
        remedy=f"unset {PIPELINE}",
    )


def _open_aws(where: Where) -> Queue:
    import importlib  # noqa: PLC0415
    from typing import cast  # noqa: PLC0415

    module = importlib.import_module("postroom.pipeline.aws")
    return cast("Queue", module.open_aws(where))
