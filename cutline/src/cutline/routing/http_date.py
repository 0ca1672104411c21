"""Dates of HTTP, read strictly: one whose weekday is wrong is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
_MONTHS += ["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_FORM = re.compile(
    rf"(?P<day>{'|'.join(_DAYS)}), (?P<date>[0-9]{{2}}) (?P<month>{'|'.join(_MONTHS)})"
    r" (?P<year>[0-9]{4}) (?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}) GMT"
)


def written(moment: datetime) -> str:
    """Return a moment as IMF-fixdate (RFC 9110, section 5.6.7), whatever the locale."""
    utc = moment.astimezone(UTC)
    return (
        f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04}"
        f" {utc.hour:02}:{utc.minute:02}:{utc.second:02} GMT"
    )


def read(text: str) -> datetime:
    """Return the moment that an IMF-fixdate names; raise `ValueError` saying what is wrong."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("it is not of the form `Sun, 01 Mar 2026 00:00:00 GMT`")
    year, date, hour, minute, second = (
        int(found[part]) for part in ("year", "date", "hour", "minute", "second")
    )
    month = _MONTHS.index(found["month"]) + 1
    moment = datetime(year, month, date, hour, minute, second, tzinfo=UTC)
    if _DAYS[moment.weekday()] != found["day"]:
        raise ValueError(f"that day is a {moment:%A}: write `{written(moment)}`")
    return moment
