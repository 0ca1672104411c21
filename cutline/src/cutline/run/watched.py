"""A trigger and a gate as the run last saw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cutline.gates.verdict import Verdict

Figures = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class GateSeen:
    """The last verdict of a gate. `failing_since` is its first FAIL with no PASS after it."""

    verdict: Verdict
    why: str
    at: datetime
    failing_since: datetime | None = None
    figures: Figures = field(default_factory=dict)
    is_waived: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """A trigger: its last verdict (FAIL: the symptom is there) and how long it has lasted.

    `lasted_s` is the time since the symptom came, `total_s` the sum over all its times in this
    stage. It fired at `fired_at` and is open until it is cleared; `else_at` is when its `else` was
    done; `owes` is what it wants and has not got yet. `blind_since` is when it could no longer be
    measured.
    """

    verdict: Verdict | None = None
    why: str = ""
    figures: Figures = field(default_factory=dict)
    since: datetime | None = None
    lasted_s: float = 0.0
    total_s: float = 0.0
    blind_since: datetime | None = None
    is_blind_told: bool = False
    fired_at: datetime | None = None
    else_at: datetime | None = None
    owes: str = ""

    @property
    def is_open(self) -> bool:
        """Say whether the trigger fired and has not been cleared."""
        return self.fired_at is not None
