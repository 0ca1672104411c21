"""The clock of a play: time goes by, and what the driver reads of it may be wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

_NONE = timedelta(0)


class PlayClock:
    """The driver's clock over the time that really goes by in the play.

    A jump of the clock changes what `now` says, not how much time goes by. `true` is the time that
    goes by; `true_of` leads from what the clock said back to it.
    """

    def __init__(self, at: datetime) -> None:
        self.true = at
        self._now = at
        self._offset = _NONE
        self._since: list[tuple[datetime, timedelta]] = [(at, _NONE)]

    @property
    def is_wrong(self) -> bool:
        """Say whether the clock is off."""
        return self._offset != _NONE

    def now(self) -> datetime:
        """Return what the driver's clock says."""
        return self._now

    def sleep(self, duration_s: float) -> None:
        """Let time go by."""
        self.true += timedelta(seconds=duration_s)
        self._now = self.true + self._offset

    def set_off(self, by_s: float) -> None:
        """Make the clock wrong by so much from now on; 0 is right."""
        offset = timedelta(seconds=by_s)
        if offset != self._offset:
            self._offset = offset
            self._since.append((self.true, offset))
            self._now = self.true + offset

    def true_of(self, said: datetime) -> datetime:
        """Return the last time at which the clock had said no more than this."""
        if len(self._since) == 1:
            return said
        until = None
        for began, offset in reversed(self._since):
            true = said - offset
            if true >= began:
                return true if until is None else min(true, until)
            until = began
        return said
