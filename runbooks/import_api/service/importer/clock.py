"""Time as this service writes it: RFC 3339, UTC, to the millisecond, so that texts sort by time."""

from __future__ import annotations

from datetime import UTC, datetime


def text_of(moment: datetime) -> str:
    """Return a moment as `2026-11-21T12:00:00.123Z`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


def now_text() -> str:
    """Return the present moment as text."""
    return text_of(datetime.now(UTC))
