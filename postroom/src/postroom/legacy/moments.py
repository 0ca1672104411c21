"""FILETIMEs as the archive keeps them: a signed number beside a moment in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

from postroom import identity
from postroom.identity import Value

_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001  # only its calendar is used
_SIGNED_LIMIT = 1 << 63


def stored(value: Value | None) -> int | None:
    """The FILETIME, None where there is none or where it does not fit a signed 64-bit column."""
    found = identity.filetime(value)
    return None if found is None or found >= _SIGNED_LIMIT else found


def is_too_large(value: Value | None) -> bool:
    """Whether there is a FILETIME that no signed 64-bit column holds."""
    return (identity.filetime(value) or 0) >= _SIGNED_LIMIT


def utc(filetime: int | None) -> str | None:
    """`2026-11-20T12:34:56.1234567Z`; None for none, for zero, and after the year 9999."""
    if not filetime:
        return None
    microseconds, tenth = divmod(filetime, 10)
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}{tenth}Z"
