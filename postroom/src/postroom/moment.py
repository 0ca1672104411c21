"""An instant as the archive holds it: RFC 3339 in UTC with microseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """Write an aware instant, so that texts sort as instants do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def now() -> str:
    """Write the present instant."""
    return stamp(datetime.now(UTC))
