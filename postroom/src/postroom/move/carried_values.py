"""How a value of PostgreSQL is spelled in a SQLite archive, to the character."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.adapt import Loader
from psycopg.types.string import TextLoader

from postroom.moment import stamp
from postroom.move.row_text import moment_text

_EPOCH: Final = datetime.fromisoformat("1601-01-01T00:00:00Z")
_MICROSECOND: Final = timedelta(microseconds=1)
_WITH_FRACTION: Final = len("2026-11-20T12:34:56.")

FILETIMES: Final = {"sent_utc": "sent_filetime", "received_utc": "received_filetime"}
"""Moments that are those of a FILETIME beside them, and have a digit more than PostgreSQL keeps."""


class _Moment(Loader):
    """A timestamptz with its six digits; the session's time zone is UTC."""

    def load(self, data: bytes | bytearray | memoryview) -> str:
        text = bytes(data).decode().replace(" ", "T", 1).removesuffix("+00")
        return (f"{text}." if len(text) < _WITH_FRACTION else text).ljust(26, "0") + "Z"


class _Flag(Loader):
    """A boolean as SQLite has it."""

    def load(self, data: bytes | bytearray | memoryview) -> int:
        return int(bytes(data) == b"t")


def is_same(here: object, there: object, *, is_moment: bool) -> bool:
    """Say whether SQLite's value is PostgreSQL's, as exactly as PostgreSQL can hold it.

    It keeps microseconds of an instant and four bytes of a number.
    """
    if here == there:
        return True
    if is_moment and isinstance(here, str) and isinstance(there, str):
        return moment_text(here) == moment_text(there)
    if isinstance(here, float) and isinstance(there, float):
        return struct.pack("f", here) == struct.pack("f", there)
    return False


def read_as_carried(connection: psycopg.Connection[Any]) -> None:
    """Let every value that this connection reads be the one that SQLite is given."""
    for name in ("uuid", "json", "jsonb"):
        connection.adapters.register_loader(name, TextLoader)
    connection.adapters.register_loader("timestamptz", _Moment)
    connection.adapters.register_loader("bool", _Flag)


def of_filetime(moment: str | None, filetime: int | None) -> str | None:
    """Give back to `moment` its seventh digit, where it is that of `filetime`.

    PostgreSQL rounds a moment to the microsecond; `moment` as it is where it is another one.
    """
    if moment is None or not filetime:
        return moment
    microseconds, tenth = divmod(filetime, 10)
    try:
        exact = _EPOCH + timedelta(microseconds=microseconds)
        rounded = exact + _MICROSECOND if tenth >= 5 else exact  # noqa: PLR2004  # half of ten
    except OverflowError:
        return moment
    if moment not in (stamp(exact), stamp(rounded)):
        return moment
    return f"{stamp(exact)[:-1]}{tenth}Z"
