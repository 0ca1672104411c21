"""The queue by DBOS: on SQLite with one worker, on PostgreSQL with any number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from cutline.errors import WrongUsage
from postroom.archive.archive import Archive
from postroom.claim import Engine, no_such_ingest
from postroom.pipeline import attempt as attempts
from postroom.pipeline.database import PipelineDatabase, away, pipeline_database
from postroom.pipeline.durable import AT_WORK, DurableQueue, workflow_id
from postroom.pipeline.message import IngestMessage
from postroom.pipeline.worker_rows import WorkerRows, WorkerSeen

if TYPE_CHECKING:
    from postroom.commands.where import Where


class LocalQueue:
    """See `postroom.pipeline.queue.Queue`; `where` names the source that `cancel` is about."""

    def __init__(self, where: Where, database: PipelineDatabase) -> None:
        self._where, self._database = where, database
        self._engine = database.engine()
        try:
            self._queue = DurableQueue(self._engine)
            self._queue.prepare()
            self._rows = WorkerRows(database, self._engine)
            self._rows.prepare()
        except DBAPIError as error:
            raise away(database, error) from error

    def submit(self, message: IngestMessage, engine: Engine) -> None:
        """See `Queue.submit`."""
        self._check_bucket(message)
        archive = self._archive(message.source_id)

        def is_at_work(attempt: int) -> bool:
            name = workflow_id(message.source_id, message.pst_file_id, attempt)
            return self._queue.states([name]).get(name) in AT_WORK

        try:
            attempt = attempts.queue(archive, message, engine, is_at_work=is_at_work)
            self._queue.enqueue(message, engine, attempt)
        except DBAPIError as error:
            raise away(self._database, error) from error

    def cancel(self, pst_file_id: str) -> None:
        """See `Queue.cancel`."""
        archive = self._archive(self._where.source_id)
        row = attempts.read_row(archive, pst_file_id)
        if row is None:
            raise no_such_ingest(pst_file_id)
        attempts.refuse_if_over(row)
        name = workflow_id(archive.source_id, pst_file_id, attempts.coming_attempt(row))
        try:
            # First the queue: a task may hold the lock of a SQLite archive, and ends by this.
            self._queue.cancel(name)
        except DBAPIError as error:
            raise away(self._database, error) from error
        attempts.cancel(archive, pst_file_id)

    def depth(self) -> dict[Engine, int]:
        """See `Queue.depth`."""
        try:
            return self._queue.depth()
        except DBAPIError as error:
            raise away(self._database, error) from error

    def workers(self) -> list[WorkerSeen]:
        """See `Queue.workers`."""
        return [row for row in self._rows.read() if row.state == "live" and not row.has_ended]

    def close(self) -> None:
        """See `Queue.close`."""
        self._queue.close()
        self._engine.dispose()

    def _archive(self, source_id: str) -> Archive:
        return self._where.place().archive(source_id)

    def _check_bucket(self, message: IngestMessage) -> None:
        bucket = self._where.store().bucket
        if message.source_bucket != bucket:
            raise WrongUsage(
                "the upload is in another object store than this one",
                where=f"bucket {message.source_bucket}",
                why=f"this is {bucket}",
                remedy="--store or POSTROOM_STORE names the object store",
            )


def open_local(where: Where, pipeline_dsn: str | None) -> LocalQueue:
    """Open the queue of `where` and make its tables where they are not there."""
    return LocalQueue(where, pipeline_database(where.home, pipeline_dsn))
