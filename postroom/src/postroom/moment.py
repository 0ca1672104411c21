"""An instant as the archive holds it: RFC 3339 in UTC with microseconds, to sort as a text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def stamp(moment: datetime) -> str:
    """Write an aware instant."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def now_text() -> str:
    """Write the present instant."""
    return stamp(datetime.now(UTC))


def text_in(seconds: float) -> str:
    """Write the instant that is so many seconds from now."""
    return stamp(datetime.now(UTC) + timedelta(seconds=seconds))
