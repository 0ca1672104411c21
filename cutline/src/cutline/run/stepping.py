"""A step of a run: what became of its tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cutline.run.world import Call


class StepIs(StrEnum):
    """What a step is at."""

    READY = "ready"
    RUNNING = "running"  # its intent is journaled; whether it began is for the world to say
    CUT_OFF = "cut off"  # nobody knows whether it was completed
    WAITS = "waits"  # for a person: it failed, said so itself, or may not run again by itself
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def is_under_way(self) -> bool:
        """Say whether a try of the step, or of its undo, has begun and not ended."""
        return self is StepIs.RUNNING or self is StepIs.UNDOING


@dataclass(frozen=True, slots=True)
class StepState:
    """One step: `attempt` counts its tries (of the undo, once that has begun)."""

    stage: str
    step: str
    key: str
    state: StepIs = StepIs.READY
    attempt: int = 0
    why: str = ""
    exit_code: int | None = None
    output: str | None = None
    ended_at: datetime | None = None

    @property
    def call(self) -> Call:
        """Return the try that is under way."""
        undo = self.state is StepIs.UNDOING
        return Call(self.stage, self.step, self.key, self.attempt, is_undo=undo)


def key_of(run: str, stage: str, step: str) -> str:
    """Return `CUTLINE_STEP_KEY`: the same on each try, another in each run."""
    return f"{run}/{stage}/{step}".replace(" ", "-")
