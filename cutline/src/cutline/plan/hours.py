"""The hours in which traffic may rise: `Mon-Thu 09:00-16:00`, several by comma."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cutline.plan.fault import nearest
from cutline.plan.model import Hours

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN = re.compile(
    r"([A-Za-z]+)(?:\s*-\s*([A-Za-z]+))?\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})"
)
_DAY_M = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of the day on some weekdays (0 is Monday); `until_m` is the first one outside."""

    days: frozenset[int]
    since_m: int
    until_m: int


@lru_cache(maxsize=64)
def spans(text: str) -> tuple[Span, ...]:
    """Return the spans of a text such as `Mon-Thu 09:00-16:00, Fri 09:00-12:00`.

    Raises `ValueError` for what is no such text.
    """
    return tuple(_span(part.strip()) for part in text.split(","))


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; raises `ValueError` with the nearest one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        meant = nearest(name, available_timezones())
        hint = f"; did you mean `{meant}`?" if meant else ""
        raise ValueError(f"unknown time zone `{name}`{hint}") from error


def is_open(hours: Hours | None, at: datetime) -> bool:
    """Say whether traffic may rise at an instant; without hours always."""
    if hours is None:
        return True
    local = at.astimezone(zone(hours.zone))
    minute = local.hour * 60 + local.minute
    return local.date() not in hours.not_on and any(
        local.weekday() in span.days and span.since_m <= minute < span.until_m
        for span in spans(hours.raising)
    )


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` are no hours: write Mon-Thu 09:00-16:00, several by comma")
    first, last = _day(found[1]), _day(found[2] or found[1])
    days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
    since, until = _minute(found[3], found[4]), _minute(found[5], found[6])
    if since >= until:
        raise ValueError(f"`{text}` ends before it begins: past midnight is written as two spans")
    return Span(days, since, until)


def _day(text: str) -> int:
    if text.title() in DAYS:
        return DAYS.index(text.title())
    meant = nearest(text, DAYS)
    hint = f"; did you mean `{meant}`?" if meant else ""
    raise ValueError(f"`{text}` is no day{hint}: write {', '.join(DAYS)}")


def _minute(hour: str, minute: str) -> int:
    value = int(hour) * 60 + int(minute)
    if int(minute) > 59 or value > _DAY_M:  # noqa: PLR2004  # minutes of an hour
        raise ValueError(f"`{hour}:{minute}` is no time of a day")
    return value
