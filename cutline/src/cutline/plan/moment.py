"""Days and instants as a plan writes them: `2026-12-24`, `2026-12-24T09:00:00Z`, `start+40m`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

from cutline.plan.duration import seconds

_START: Final = "start+"


def _day(given: object) -> object:
    """Return the day that a text names; raises `ValueError` for one that names none."""
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ValueError(f"{given!r} is no day: write 2026-12-24") from None


def _instant(given: object) -> object:
    """Return the instant that a text names; a time without a zone names none."""
    found = given
    if isinstance(given, str):
        try:
            found = datetime.fromisoformat(given)
        except ValueError:
            raise ValueError(f"{given!r} is no instant: write 2026-12-24T09:00:00Z") from None
    if isinstance(found, datetime) and found.tzinfo is None:
        raise ValueError(f"{given!r} lacks its zone: write 2026-12-24T09:00:00Z or +01:00")
    return found


def _opening(given: object) -> object:
    """Return an instant, or the seconds after the run's beginning that `start+40m` names."""
    if isinstance(given, float):
        return given
    if isinstance(given, str) and given.startswith(_START):
        return seconds(given.removeprefix(_START))
    return _instant(given)


Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Opening = Annotated[
    datetime | float,
    BeforeValidator(_opening),
    WithJsonSchema({"type": "string", "description": "2026-12-24T09:00:00Z, or start+40m"}),
]
"""An instant, or seconds after the run began."""
