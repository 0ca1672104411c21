"""What time it is: the system's clock, or one that a rehearsal and the tests turn by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Aware instants in UTC; they may jump, and may go back."""

    def now(self) -> datetime:
        """Return the instant."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Return when that time has passed on this clock."""
        ...


class RealClock:
    """The clock of the system."""

    def now(self) -> datetime:
        """Return the instant."""
        return datetime.now(UTC)

    def sleep(self, duration_s: float) -> None:
        """Wait."""
        time.sleep(max(0.0, duration_s))


class VirtualClock:
    """A clock that stands until it is turned; sleeping turns it at once."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the instant to which it was turned."""
        return self._at

    def sleep(self, duration_s: float) -> None:
        """Turn the clock on; a negative duration turns it back."""
        self._at += timedelta(seconds=duration_s)
