"""What every kind of switch can do."""

from __future__ import annotations

from typing import Protocol

from cutline.errors import CannotMeasure, CannotWrite


class SwitchKind(Protocol):
    """Reads a setting back and sets it; whether it is in force is not its business."""

    def read(self) -> int:
        """Return the percent; raises `SwitchUnreadable`, never a guess."""
        ...

    def set(self, percent: int) -> None:
        """Set the percent, again without harm; raises `SwitchNotSet` or `SwitchUnreadable`."""
        ...


class SwitchUnreadable(CannotMeasure):
    """Where the switch stands could not be read."""

    code = "switch-unreadable"


class SwitchNotSet(CannotWrite):
    """The switch could not be set."""

    code = "switch-not-set"


def percent_of(value: object, where: str) -> int:
    """Return a whole percent from 0 to 100 as a switch says it; raises `SwitchUnreadable`."""
    text = str(value).strip()
    is_number = isinstance(value, (int, str)) and not isinstance(value, bool)
    if is_number and text.isascii() and text.isdecimal() and int(text) <= 100:  # noqa: PLR2004
        return int(text)
    raise SwitchUnreadable(f"{text[:40]!r} is no whole percent from 0 to 100", where=where)
