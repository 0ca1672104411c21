"""One job of the pipeline on AWS: a container that does one task and ends.

Batch knows of a job only its exit code. 0 is done, also where items could not be read: these are
recorded by name. 79 says that there is nothing to do for this execution, since somebody else has
the ingest or it is completed; it is a code of its own, since 1 is also what a broken image says.
Everything else failed, and Step Functions tries again or gives up.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cutline.errors import CannotMeasure, Exit, Problem, WrongUsage
from postroom.archive.archive import Archive
from postroom.aws import execution
from postroom.aws.failed_job import read_failed_job
from postroom.aws.names import JOBS
from postroom.aws.room import WITH_SCRATCH, require_room
from postroom.claim import Claim
from postroom.errors import AlreadyCompleted, ClaimHeld
from postroom.heartbeat import beating
from postroom.ingest import reason_of, run_claimed
from postroom.pipeline.message import IngestMessage
from postroom.pipeline.retry import kind_of
from postroom.store import Store
from postroom.tasks.names import ORDER

NOT_OURS: Final = 79
INTERNAL: Final = 70
"""EX_SOFTWARE of sysexits.h."""

TASKS: Final = tuple(JOBS)

MESSAGE: Final = "POSTROOM_MESSAGE"
EXECUTION: Final = "POSTROOM_EXECUTION"
FAILED_JOB: Final = "POSTROOM_FAILED_JOB"
FAILURE: Final = "POSTROOM_FAILURE"
SCRATCH: Final = "POSTROOM_SCRATCH"


class FailedBefore(CannotMeasure):
    """A job of this execution has failed for good; trying again cannot help."""

    code = "failed-before"


@dataclass(frozen=True, slots=True)
class Job:
    """What a job is told: its task, its message, and the execution that it belongs to."""

    task: str
    message: IngestMessage
    owner: str

    def say(self, event: str, **more: object) -> None:
        """Write a line for the log: ids, counts and reasons, never any mail."""
        line: dict[str, object] = {"at": datetime.now(UTC).isoformat(), "event": event}
        line |= {
            "task": self.task,
            "pst_file_id": self.message.pst_file_id,
            "execution": self.owner,
            **more,
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def read_job(task: str) -> Job:
    """Read a job from the environment; raises `InvalidMessage`, or `WrongUsage` if it has none."""
    return Job(task, IngestMessage.from_json(_told(MESSAGE)), _told(EXECUTION))


def run_job(job: Job, archive: Archive, store: Store) -> int:
    """Do what a job is there for; hand back its exit code."""
    job.say("begin")
    try:
        match job.task:
            case "claim":
                claim = execution.begin(archive, job.message, job.owner)
                job.say("end", attempt=claim.attempt, epoch=claim.epoch)
            case "mark-failed":
                _mark(job, archive)
            case _:
                _work(job, archive, store)
    except (ClaimHeld, AlreadyCompleted) as problem:
        job.say("not ours", **problem.as_json())
        return NOT_OURS
    except Problem as problem:
        job.say("failed", **problem.as_json())
        return _code(problem)
    except Exception as error:  # noqa: BLE001  # its text may quote mail: its kind and its place must do
        job.say("failed", what=type(error).__name__, where=_place(error))
        return INTERNAL
    return Exit.OK


def _work(job: Job, archive: Archive, store: Store) -> None:
    if reason := execution.failure_of(archive, job.message, job.owner):
        raise FailedBefore("this ingest has failed", where=job.message.pst_file_id, why=reason)
    claim = execution.carry_on(archive, job.message, job.owner)
    try:
        _run(job, archive, store, claim)
    except (ClaimHeld, AlreadyCompleted):
        raise
    except BaseException as error:
        with contextlib.suppress(
            *archive.busy_errors
        ):  # then the state machine says that it failed
            _note(job, archive, claim, error)
        raise


def _run(job: Job, archive: Archive, store: Store, claim: Claim) -> None:
    if job.task in WITH_SCRATCH:
        size_bytes = execution.upload_bytes(archive, job.message)
        scratch = Path(os.environ.get(SCRATCH) or tempfile.gettempdir())
        require_room(scratch, size_bytes or store.size(job.message.source_key))
    phases: set[str] = set()

    def progress(phase: str, done: int, total: int | None) -> None:
        if phase not in phases:
            phases.add(phase)
            job.say("phase", phase=phase, done=done, total=total)

    with beating(archive, claim, progress) as report:
        result = run_claimed(archive, store, claim, job.task, report)
    if job.task == ORDER["v2"][-1]:
        execution.complete(archive, claim)
    else:
        execution.hand_over(archive, claim)
    job.say("end", attempt=claim.attempt, counts=result.counts, item_errors=result.item_errors)


def _note(job: Job, archive: Archive, claim: Claim, error: BaseException) -> None:
    """Keep the reason of a failure: for good, or until the next try."""
    if kind_of(error) == "final":
        execution.fail(archive, job.message, job.owner, job.task, reason_of(error))
    else:
        execution.hand_over(archive, claim, reason_of(error))


def _mark(job: Job, archive: Archive) -> None:
    failed = read_failed_job(os.environ.get(FAILED_JOB, ""), os.environ.get(FAILURE, ""))
    reason = execution.fail(archive, job.message, job.owner, failed.task, failed.reason)
    job.say("marked" if reason else "nothing to mark", reason=reason or failed.reason)


def _told(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise WrongUsage(
        "this job was not told what to do",
        where=name,
        why="the variable is missing or empty in its environment",
        remedy="the state machine starts jobs; postroom task TASK --ingest ID runs one alone",
    )


def _code(problem: Problem) -> int:
    # 1 would be what Python itself says of a program that does not start.
    return INTERNAL if problem.exit_code == Exit.BLOCKED else problem.exit_code


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
