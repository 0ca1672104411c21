"""Why a job ended, as Batch tells it: the only witness of a container that was killed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cutline.errors import Problem
from postroom.aws.asking import asking, client

NO_JOB: Final = "none"


@dataclass(frozen=True, slots=True)
class FailedJob:
    """The task of a job that failed, if there was a job, and the reason."""

    task: str | None
    reason: str


def read_failed_job(job_id: str, error: str) -> FailedJob:
    """Ask Batch about a job; where it cannot say, `error` of Step Functions must do."""
    if not job_id or job_id == NO_JOB:
        return FailedJob(None, f"no job was run: {error or 'nobody says why'}")
    try:
        with asking(f"job {job_id}"):
            jobs = client("batch").describe_jobs(jobs=[job_id])["jobs"]
    except Problem as problem:
        return FailedJob(
            None, f"job {job_id} failed ({error}), and Batch does not say: {problem.why}"
        )
    return _told(jobs[0]) if jobs else FailedJob(None, f"job {job_id} failed: {error}")


def _told(job: dict[str, Any]) -> FailedJob:
    container = job.get("container", {})
    code = container.get("exitCode")
    parts = [job.get("statusReason"), container.get("reason")]
    parts += [f"exit code {code}"] if code is not None else []
    words = "; ".join(str(part) for part in parts if part) or "Batch gives no reason"
    return FailedJob(job.get("jobName"), f"the job {job.get('jobName')} ended: {words}")
