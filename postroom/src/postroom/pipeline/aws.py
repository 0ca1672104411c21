"""The queue on AWS: messages on SQS, executions of Step Functions, jobs of Batch as its workers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from cutline.errors import WrongUsage
from postroom.archive.archive import Archive
from postroom.aws.asking import FAILURES, asking, client, said
from postroom.aws.names import Names, names_of
from postroom.claim import Engine, no_such_ingest
from postroom.errors import Away
from postroom.pipeline import attempt as attempts
from postroom.pipeline.message import IngestMessage
from postroom.pipeline.worker_rows import WorkerSeen

if TYPE_CHECKING:
    from postroom.commands.where import Where

_WAITING: Final = ("SUBMITTED", "PENDING", "RUNNABLE")
_AT_WORK: Final = ("STARTING", "RUNNING")
_AT_ONCE: Final = 100
_EXECUTION: Final = "POSTROOM_EXECUTION"

_TAKE_BACK: Final = """UPDATE pst_files SET processing_status = 'pending'
    WHERE id = :id AND processing_status = 'queued' AND claim_owner IS NULL"""


class AwsQueue:
    """Sends messages to SQS; v2 alone works there."""

    def __init__(self, where: Where, names: Names) -> None:
        self._where, self._names = where, names
        self._sqs, self._batch = client("sqs"), client("batch")

    def submit(self, message: IngestMessage, engine: Engine) -> None:
        """See `Queue.submit`. A message that is sent twice is a duplicate, which changes nothing.

        What could not be sent is `pending` again; if this process dies between the row and the
        queue, the row is `queued` and the same command sends the message.
        """
        if engine != "v2":
            raise WrongUsage(
                "v1 does not run on AWS",
                where=f"ingest {message.pst_file_id}",
                why="its pipeline is that of v2",
                remedy="unset POSTROOM_PIPELINE to queue it for a worker",
            )
        archive = self._archive(message.source_id)
        attempts.queue(archive, message, engine, is_at_work=lambda _: False)
        try:
            self._sqs.send_message(QueueUrl=self._url(), MessageBody=message.as_json())
        except FAILURES as error:
            with archive.transaction() as tx:
                tx.change(_TAKE_BACK, id=message.pst_file_id)
            raise Away(
                "the message could not be sent",
                where=f"queue {self._names.queue}",
                why=said(error),
                remedy="postroom doctor --aws looks at the queue; then run the command again",
            ) from error

    def cancel(self, pst_file_id: str) -> None:
        """See `Queue.cancel`. A job that runs is ended; the execution then ends by itself."""
        archive = self._archive(self._where.source_id)
        row = attempts.read_row(archive, pst_file_id)
        if row is None:
            raise no_such_ingest(pst_file_id)
        attempts.cancel(archive, pst_file_id)
        for job in self._jobs(_AT_WORK):
            if row["claim_owner"] and _execution_of(job) == row["claim_owner"]:
                with asking(f"job {job['jobId']}", is_write=True):
                    self._batch.terminate_job(jobId=job["jobId"], reason="cancelled")

    def depth(self) -> dict[Engine, int]:
        """See `Queue.depth`: messages on the queue, and executions whose first job waits."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with asking(f"queue {self._names.queue}"):
            seen = self._sqs.get_queue_attributes(QueueUrl=self._url(), AttributeNames=names)
        waiting = sum(job["jobName"] == "claim" for job in self._listed(_WAITING))
        return {"v1": 0, "v2": sum(int(seen["Attributes"][name]) for name in names) + waiting}

    def workers(self) -> list[WorkerSeen]:
        """See `Queue.workers`: the jobs that run."""
        return [_worker(job) for job in self._jobs(_AT_WORK)]

    def close(self) -> None:
        """See `Queue.close`."""
        self._sqs.close()
        self._batch.close()

    def _archive(self, source_id: str) -> Archive:
        return self._where.place().archive(source_id)

    def _url(self) -> str:
        return str(self._sqs.get_queue_url(QueueName=self._names.queue)["QueueUrl"])

    def _listed(self, states: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        for state in states:
            with asking(f"job queue {self._names.compute}"):
                pages = self._batch.get_paginator("list_jobs").paginate(
                    jobQueue=self._names.compute, jobStatus=state
                )
                yield from (job for page in pages for job in page["jobSummaryList"])

    def _jobs(self, states: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        ids = [str(job["jobId"]) for job in self._listed(states)]
        for start in range(0, len(ids), _AT_ONCE):
            with asking(f"job queue {self._names.compute}"):
                found = self._batch.describe_jobs(jobs=ids[start : start + _AT_ONCE])
            yield from found["jobs"]


def open_aws(where: Where) -> AwsQueue:
    """Open the queue of the stack that the environment names; raises `AwsAway` without a region."""
    return AwsQueue(where, names_of())


def _execution_of(job: dict[str, Any]) -> str:
    given = job.get("container", {}).get("environment", ())
    return next((str(one["value"]) for one in given if one["name"] == _EXECUTION), "")


def _worker(job: dict[str, Any]) -> WorkerSeen:
    container, began_ms = job.get("container", {}), job.get("startedAt") or 0
    return WorkerSeen(
        executor_id=str(job["jobId"]),
        token="",
        state="live",
        address=str(container.get("containerInstanceArn") or job.get("jobName")),
        owner=_execution_of(job),
        engines=("v2",),
        concurrency=1,
        silent_s=0.0,  # Batch has just said that it runs
        up_s=max(0.0, time.time() - began_ms / 1000) if began_ms else 0.0,
    )
