"""What a tick touches: real systems behind `cutline.run.real`, or a simulated world.

The driver knows nothing else of the outside. A world never raises for what it could not
measure, set or start: it answers with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cutline.run.reading import Question, Reading


@dataclass(frozen=True, slots=True)
class SwitchSeen:
    """The percent that was read back; None with `why` if it could not be read.

    `is_applied` is False where the setting is made and not in force.
    """

    percent: int | None
    why: str = ""
    is_applied: bool = True


@dataclass(frozen=True, slots=True)
class SwitchSet:
    """What became of setting the switch; `output` is the digest of what `apply` printed."""

    is_set: bool
    is_applied: bool
    why: str = ""
    output: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One try of a step or of its `undo`; `key` is the same on each try.

    `since` is when the stage began, which texts of the step may name.
    """

    stage: str
    step: str
    key: str
    attempt: int
    is_undo: bool = False
    since: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended. `exit_code` 0 is done; 2 waits for a person; anything else failed.

    `output` is the digest of what it printed; `files` are digests of what it wrote, by name.
    """

    exit_code: int
    why: str = ""
    output: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something people are told: `event` is paused, rolled back, blocked, overdue, and so on."""

    event: str
    run: str
    stage: str
    reason: str
    command: str


class World(Protocol):
    """The seam between the driver and everything outside."""

    def read_switch(self) -> SwitchSeen:
        """Read the switch back, and whether the setting is in force."""
        ...

    def set_switch(self, percent: int) -> SwitchSet:
        """Set and apply. Idempotent: it may be called again for the same percent."""
        ...

    def ask(self, questions: Sequence[Question]) -> Sequence[Reading]:
        """Ask all at once, each with its probe's timeout; answers in the order of the questions."""
        ...

    def start(self, call: Call) -> None:
        """Start a step as its own process and return; again for the same try does nothing."""
        ...

    def outcome(self, call: Call) -> Outcome | None:
        """Return how a try ended; None while it runs, and None for one that was cut off."""
        ...

    def is_running(self, call: Call) -> bool:
        """Say whether the process of a try is alive: False without an outcome is a cut-off."""
        ...

    def tell(self, notice: Notice) -> str:
        """Tell people; returns why it could not, or nothing. It never stops a tick."""
        ...
