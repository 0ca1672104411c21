"""A row as one text that both engines write alike: what two rows are compared by.

Values that can hold anything carry their length, the others end with a semicolon, and NULL is
nothing at all: two rows have the same text only if they are the same. A moment is taken to the
microsecond and a `real` to its 32 bits, which is what PostgreSQL keeps of them.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from postroom.moment import stamp
from postroom.move.tables import Kind, Table

_EXACT: Final = len("2026-11-20T12:34:56.123456Z")
_TO_SECONDS: Final = len("2026-11-20T12:34:56")
# PostgreSQL passes no more than 100 arguments to a function.
_ARGUMENTS: Final = 90


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection to SQLite the functions that `sqlite_text` calls."""
    connection.create_function("moment_text", 1, moment_text, deterministic=True)
    connection.create_function("real_text", 1, real_text, deterministic=True)


def digest(text: bytes) -> bytes:
    """Give the digest of a row's text."""
    return hashlib.sha256(text).digest()


def sqlite_text(table: Table) -> str:
    """Give the SQL expression of a row's text, as bytes; `:salt` comes before it."""
    pieces = list(_pieces(table, _IN_SQLITE))
    form = "".join("%s" if is_value else text for is_value, text in pieces)
    values = ", ".join(text for is_value, text in pieces if is_value)
    return f"CAST(printf('%s{form}', :salt, {values}) AS BLOB)"


def postgres_text(table: Table) -> str:
    """Give the SQL expression of a row's text; `%(salt)s` comes before it."""
    pieces = [text if is_value else f"'{text}'" for is_value, text in _pieces(table, _IN_POSTGRES)]
    starts = range(0, len(pieces), _ARGUMENTS)
    groups = [f"concat({', '.join(pieces[at : at + _ARGUMENTS])})" for at in starts]
    return f"concat(%(salt)s::text, {', '.join(groups)})"


def postgres_digest(table: Table) -> str:
    """Give the SQL expression of the digest of a row's text."""
    return f"sha256(convert_to({postgres_text(table)}, 'UTF8'))"


def moment_text(text: str | None) -> str | None:
    """Write a moment to the microsecond, rounded as PostgreSQL rounds it; others stay as they are.

    Like PostgreSQL, the fraction is read as a double and rounded half to even.
    """
    if text is None or len(text) == _EXACT:
        return text
    try:
        whole = datetime.fromisoformat(f"{text[:_TO_SECONDS]}+00:00")
        fraction = text[_TO_SECONDS:-1]
        microseconds = round(float(f"0{fraction}") * 1_000_000) if fraction else 0
        return stamp(whole + timedelta(microseconds=microseconds))
    except (ValueError, OverflowError):
        return text


def real_text(value: float | None) -> str | None:
    """Write the 32 bits of a `real`."""
    return None if value is None else struct.pack(">f", value).hex()


def _pieces(table: Table, spell: dict[Kind, str]) -> Iterator[tuple[bool, str]]:
    for column in table.columns:
        if column.kind in ("text", "json"):
            value = spell[column.kind].format(column.name)
            yield True, f"length({value})"
            yield False, ":"
            yield True, value
        else:
            yield True, spell[column.kind].format(column.name)
            yield False, ";"


_IN_SQLITE: Final[dict[Kind, str]] = {
    "uuid": "{}",
    "text": "{}",
    "json": "{}",
    "boolean": "{}",
    "integer": "{}",
    "bigint": "{}",
    "real": "real_text({})",
    "moment": "moment_text({})",
}
_IN_POSTGRES: Final[dict[Kind, str]] = {
    "uuid": "{}",
    "text": "{}",
    "json": "{}::text",
    "boolean": "{}::integer",
    "integer": "{}",
    "bigint": "{}",
    "real": "encode(float4send({}), 'hex')",
    "moment": """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
}
