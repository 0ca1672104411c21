"""What SQLite allows and PostgreSQL refuses or would change, with the rows that have it.

Nothing is changed. Tables are STRICT, so a type does not drift; values do: a NUL byte, text that is
no UTF-8, a number that has no room, an id or a moment in another spelling, half a reference.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from postroom.move.refusals import MoveRefused
from postroom.move.row_text import prepare
from postroom.move.tables import CARRIED, Column, Kind, Table
from postroom.progress import Progress

MOST_NAMED: Final = 20
"""Of each fault of each column so many rows are named."""

_HEX: Final = "[0-9a-f]"
_UUID: Final = "-".join(_HEX * length for length in (8, 4, 4, 4, 12))
_MOMENT: Final = re.compile(rb"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8})(?:\.[0-9]{1,7})?Z")
_INTEGER: Final = 2**31

_TEXTS: Final[tuple[Kind, ...]] = ("text", "json")

# By kind: what is said, and the condition under which a value has that fault. NULL has none.
_FAULTS: Final[dict[Kind, tuple[tuple[str, str], ...]]] = {
    "text": (),
    "bigint": (),
    "json": (("is no JSON that PostgreSQL takes", "NOT json_valid({})"),),
    "uuid": (("is no UUID in small letters", f"{{}} NOT GLOB '{_UUID}'"),),
    "boolean": (("is neither 0 nor 1", "{} NOT IN (0, 1)"),),
    "integer": (("has no room in 32 bits", f"{{}} NOT BETWEEN {-_INTEGER} AND {_INTEGER - 1}"),),
    "real": (("has no room in 32 bits", "NOT is_single({})"),),
    "moment": (
        ("is no moment in UTC with a fraction of 0 to 7 digits", "NOT is_moment(CAST({} AS BLOB))"),
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows of one column that PostgreSQL would refuse or change; `keys` are the first of them."""

    table: str
    column: str
    what: str
    rows: int
    keys: tuple[str, ...]


def precheck(file: sqlite3.Connection, progress: Progress) -> list[Fault]:
    """Read every carried table in one transaction and list what is wrong, in their order."""
    prepare(file)
    for name, function in _FUNCTIONS.items():
        file.create_function(name, 1, function, deterministic=True)
    file.execute("BEGIN")
    factory = file.text_factory
    file.text_factory = bytes  # a key may be what is no UTF-8
    try:
        return [fault for table in CARRIED for fault in _faults(file, table, progress)]
    finally:
        file.text_factory = factory
        file.execute("ROLLBACK")


def refuse(source_id: str, faults: list[Fault]) -> None:
    """Raise `MoveRefused` if there are faults; it names them all."""
    if not faults:
        return
    said = "; ".join(
        f"{fault.table}.{fault.column} {fault.what}: {fault.rows:,} rows ({', '.join(fault.keys)})"
        for fault in faults
    )
    raise MoveRefused(
        "this source holds what PostgreSQL does not take",
        where=f"source {source_id}",
        why=said,
        remedy="mend these rows in SQLite; then move again",
    )


def _faults(file: sqlite3.Connection, table: Table, progress: Progress) -> Iterator[Fault]:
    progress(f"check {table.name}", 0, None)
    texts = [column.name for column in table.columns if column.kind in _TEXTS]
    wrong = " OR ".join(f"({condition})" for _, _, condition in _conditions(table))
    query = f"SELECT EXISTS (SELECT 1 FROM {table.name} WHERE {wrong or 'false'})"  # noqa: S608  # ours
    # One look at each row; only a table with a fault is looked at column by column.
    is_wrong = bool(file.execute(query).fetchone()[0])
    if is_wrong or not _is_text_alone(file, table, texts):
        for name in texts:
            condition = f"NOT is_text(CAST({name} AS BLOB))"
            yield from _fault(file, table, name, "has a NUL byte or is no UTF-8", condition)
        for column, what, condition in _conditions(table):
            yield from _fault(file, table, column.name, what, condition)
    yield from _orphans(file, table)


def _is_text_alone(file: sqlite3.Connection, table: Table, texts: list[str]) -> bool:
    rows = file.execute(f"SELECT {', '.join(texts)} FROM {table.name}")  # noqa: S608
    return all(_is_text(b"\n".join(filter(None, row))) for row in rows)


def _conditions(table: Table) -> Iterator[tuple[Column, str, str]]:
    for column in table.columns:
        for what, condition in _FAULTS[column.kind]:
            yield column, what, condition.format(column.name)


def _fault(
    file: sqlite3.Connection, table: Table, column: str, what: str, condition: str
) -> Iterator[Fault]:
    where = f"FROM {table.name} WHERE {column} IS NOT NULL AND {condition}"
    count = file.execute(f"SELECT count(*) {where}").fetchone()[0]
    if count:
        query = f"SELECT {table.key} {where} LIMIT {MOST_NAMED}"
        keys = tuple(key.decode(errors="replace") for (key,) in file.execute(query))
        yield Fault(table.name, column, what, count, keys)


def _orphans(file: sqlite3.Connection, table: Table) -> Iterator[Fault]:
    """A program that left `foreign_keys` off may have written them."""
    rows = file.execute(f"PRAGMA foreign_key_check({table.name})").fetchall()
    by_parent: dict[str, list[int]] = {}
    for _, rowid, parent, _ in rows:
        by_parent.setdefault(parent.decode(), []).append(rowid)
    for parent, rowids in by_parent.items():
        query = f"SELECT {table.key} FROM {table.name} WHERE rowid = ?"  # noqa: S608
        named = (file.execute(query, (one,)).fetchone()[0] for one in rowids[:MOST_NAMED])
        keys = tuple(key.decode(errors="replace") for key in named)
        yield Fault(
            table.name, f"-> {parent}", "refers to a row that is not there", len(rowids), keys
        )


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in value


def _is_moment(value: bytes | None) -> bool | None:
    if value is None:
        return None
    found = _MOMENT.fullmatch(value)
    try:
        return found is not None and bool(datetime.fromisoformat(found[1].decode()))
    except ValueError:
        return False


def _is_single(value: float | None) -> bool | None:
    if value is None:
        return None
    try:
        (kept,) = struct.unpack(">f", struct.pack(">f", value))
    except OverflowError:
        return False
    # PostgreSQL writes the shortest number that means these 32 bits: that one must come back.
    written = (float(f"{kept:.{digits}g}") for digits in range(1, 10))
    return next((one for one in written if _bits(one) == _bits(kept)), kept) == value


def _bits(value: float) -> bytes:
    return struct.pack(">f", value)


_FUNCTIONS: Final[dict[str, Callable[..., bool | None]]] = {
    "is_text": _is_text,
    "is_moment": _is_moment,
    "is_single": _is_single,
}
