"""The switch as the run knows it: what it set, what it read back, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cutline.gates.verdict import Verdict

Drift = Literal["", "lower", "higher"]


@dataclass(frozen=True, slots=True)
class Traffic:
    """The share of traffic on v2.

    `percent` is where the run put the switch (None before its first reading); `setting` is an
    intent whose outcome is not journaled yet. `seen` is what was read back last, None with `why`
    if it could not be read, since `unread_since`. `applied_at` is when the setting came into
    force; `wrong_at` is when traffic at 0 or 100 % was last seen on the other side. `has_risen`
    says that traffic rose after the last reading: it rises once a tick; `is_tried` that the switch
    was set after it, for one try a tick is enough.
    """

    percent: int | None = None
    setting: int | None = None
    setting_since: datetime | None = None
    seen: int | None = None
    is_applied: bool = True
    why: str = ""
    unread_since: datetime | None = None
    applied_at: datetime | None = None
    confirmed: Verdict | None = None
    confirm_why: str = ""
    confirm_since: datetime | None = None
    drift: Drift = ""
    has_risen: bool = False
    is_tried: bool = False
    wrong_at: datetime | None = None

    @property
    def is_on_v2(self) -> bool:
        """Say whether v2 may have traffic: unless both say 0, it may."""
        return bool(self.percent) or bool(self.seen) or bool(self.setting)
