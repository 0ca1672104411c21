"""What everything of a stack is called: the names of `infra/aws/template.yaml`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from cutline.errors import WrongUsage

DEFAULT_STACK: Final = "postroom"
STACK_VARIABLE: Final = "POSTROOM_AWS_STACK"
BUCKETS: Final = ("uploads", "pipeline", "evidence")

# The job definition of each job; the first six of seed 002's names are those of its stages.
JOBS: Final = {
    "claim": "pst-claim",
    "extract": "pst-extractor",
    "load": "pst-loader",
    "text": "pst-text",
    "thread": "pst-thread",
    "dedupe": "pst-dedupe",
    "index": "pst-index",
    "mark-failed": "pst-mark-failed",
}

_STACK: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one stack's parts; nothing here asks AWS."""

    stack: str

    @property
    def queue(self) -> str:
        """The SQS queue that takes messages."""
        return f"{self.stack}-pst_ingest"

    @property
    def dead_letters(self) -> str:
        """The SQS queue of what failed for good."""
        return f"{self.stack}-pst_ingest_dlq"

    @property
    def pipe(self) -> str:
        """The pipe from the queue to the state machine."""
        return f"{self.stack}-pst_ingest"

    @property
    def state_machine(self) -> str:
        """The state machine of one ingest."""
        return f"{self.stack}-pst_ingest_v2"

    @property
    def compute(self) -> str:
        """The compute environment, and likewise the job queue."""
        return f"{self.stack}-pst"

    def job(self, task: str) -> str:
        """Name the job definition of a task."""
        return f"{self.stack}-{JOBS[task]}"

    def bucket(self, kind: str, account: str, region: str) -> str:
        """Name a bucket: `uploads`, `pipeline` or `evidence`."""
        return f"{self.stack}-{kind}-{account}-{region}"

    def alarms(self) -> tuple[str, ...]:
        """Name the alarms."""
        kinds = ("dead-letters", "oldest-message")
        ends = ("failed-executions", "timed-out-executions", "aborted-executions")
        return tuple(f"{self.stack}-{one}" for one in (*kinds, *ends))


def names_of(stack: str | None = None) -> Names:
    """Give the names of a stack: the one given, that of `POSTROOM_AWS_STACK`, or `postroom`.

    Raises `WrongUsage` for what is no name of a stack.
    """
    found = stack or os.environ.get(STACK_VARIABLE) or DEFAULT_STACK
    if not _STACK.fullmatch(found):
        raise WrongUsage(
            "this is no name of a stack",
            where=repr(found),
            why="it is 1 to 32 of A-Z a-z 0-9 - and begins with a letter",
            remedy="postroom doctor --aws --stack postroom",
        )
    return Names(found)
