"""Whether two stores hold the same, row by row, whatever is written to them meanwhile.

Each store is read in one transaction, both at once. A table is compared by the sum of its rows'
digests, which knows no order; where the sums differ, the rows are gone through by key and named.
Digests begin with a salt that nobody knows beforehand, so that no mail can be made to fool them.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Final, Literal

from psycopg import sql
from psycopg.rows import tuple_row

from postroom.archive.connection import Connection
from postroom.move.row_text import digest, postgres_digest, prepare, sqlite_text
from postroom.move.tables import CARRIED, Table
from postroom.progress import Progress, silent

Keys = Mapping[Table, Collection[str]]

MOST_NAMED: Final = 20
"""Of each table so many rows that differ are named."""

_HALF: Final = 8
_ROWS_AT_ONCE: Final = 5_000
_TOLD_EVERY: Final = 10_000

# PostgreSQL adds up the two halves of the digest's first 16 bytes as 64-bit numbers, exactly.
_SUMS: Final = """SELECT count(*),
    coalesce(sum(('x' || encode(substr(d, 1, 8), 'hex'))::bit(64)::bigint), 0),
    coalesce(sum(('x' || encode(substr(d, 9, 8), 'hex'))::bit(64)::bigint), 0)
    FROM (SELECT {digest} AS d FROM {table} WHERE {which}) AS rows"""
_BY_KEY: Final = """SELECT {key}::text, {digest} FROM {table} WHERE {which}
    ORDER BY {key}::text COLLATE "C" """


@dataclass(frozen=True, slots=True)
class Sums:
    """How many rows, and the sums of the halves of their digests."""

    rows: int = 0
    first: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is in one store alone, or not the same in both."""

    table: str
    key: str
    kind: Literal["only in SQLite", "only in PostgreSQL", "not the same"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows that were compared, by table, and those that differ: at most `MOST_NAMED` of each.

    Where sums differ and no row does, that is a difference without a key.
    """

    rows: dict[str, int] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether both stores hold the same."""
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return {"rows": self.rows, "differences": [asdict(one) for one in self.differences]}


@dataclass(frozen=True, slots=True)
class _Which:
    """A choice of rows in the words of both engines."""

    sqlite: str
    postgres: sql.Composable
    keys: list[str] | None = None


def compare(
    file: sqlite3.Connection,
    server: Connection,
    progress: Progress = silent,
    *,
    only: Keys | None = None,
    without: Keys | None = None,
) -> Comparison:
    """Compare the carried tables as both transactions see them; of `only` these keys, or all.

    The rows of `without` are left out. `server` is in a transaction that sees one moment, or
    nobody else writes there.
    """
    prepare(file)
    salt = secrets.token_hex(16)
    tables = [table for table in CARRIED if only is None or only.get(table)]
    rows: dict[str, int] = {}
    found: list[Difference] = []
    with ThreadPoolExecutor(1) as beside:
        for table in tables:
            which = _which(table, only, without)
            theirs = beside.submit(_server_sums, server, table, which, salt)
            told = _telling(progress, table)
            ours = _file_sums(file, table, which, salt, told)
            if ours != theirs.result():
                named = list(islice(_differences(file, server, table, which, salt), MOST_NAMED))
                found += named or [Difference(table.name, "", "not the same")]
            rows[table.name] = ours.rows
    return Comparison(rows, tuple(found))


def _which(table: Table, only: Keys | None, without: Keys | None) -> _Which:
    chosen = only if only is not None else without
    keys = list(chosen.get(table, ())) if chosen is not None else []
    if not keys:
        return _Which("true", sql.SQL("true"))
    is_in = "IN" if only is not None else "NOT IN"
    postgres = sql.SQL("{key} = ANY (%(keys)s::{kind}[])").format(
        key=sql.Identifier(table.key), kind=sql.SQL(table.key_kind)
    )
    if only is None:
        postgres = sql.SQL("NOT ({})").format(postgres)
    listed = "(SELECT value FROM json_each(:keys))"
    return _Which(f"{table.key} {is_in} {listed}", postgres, keys)


def _server_sums(server: Connection, table: Table, which: _Which, salt: str) -> Sums:
    query = sql.SQL(_SUMS).format(**_names(table, which))
    parameters = {"salt": salt, "keys": which.keys}
    with server.cursor(row_factory=tuple_row) as cursor:
        (row,) = cursor.execute(query, parameters).fetchall()
    return Sums(int(row[0]), int(row[1]), int(row[2]))


def _file_sums(
    file: sqlite3.Connection, table: Table, which: _Which, salt: str, told: Callable[[int], None]
) -> Sums:
    query = f"SELECT {sqlite_text(table)} FROM {table.name} WHERE {which.sqlite}"  # noqa: S608
    number = first = second = 0
    read = int.from_bytes
    for number, (text,) in enumerate(_run(file, query, which, salt), start=1):
        made = digest(text)
        first += read(made[:_HALF], signed=True)
        second += read(made[_HALF : 2 * _HALF], signed=True)
        if number % _TOLD_EVERY == 0:
            told(number)
    told(number)
    return Sums(number, first, second)


def _differences(
    file: sqlite3.Connection, server: Connection, table: Table, which: _Which, salt: str
) -> Iterator[Difference]:
    """Go through both stores by key; a key that a store has twice differs too."""
    columns = f"{table.key}, {sqlite_text(table)}"
    query = f"SELECT {columns} FROM {table.name} WHERE {which.sqlite} ORDER BY {table.key}"  # noqa: S608
    ours = ((key, digest(text)) for key, text in _run(file, query, which, salt))
    with server.transaction(), server.cursor(name="by_key", row_factory=tuple_row) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        ordered = sql.SQL(_BY_KEY).format(**_names(table, which))
        theirs = iter(cursor.execute(ordered, {"salt": salt, "keys": which.keys}))
        left, right = next(ours, None), next(theirs, None)
        while left is not None or right is not None:
            if left is not None and (right is None or left[0] < right[0]):
                yield Difference(table.name, left[0], "only in SQLite")
                left = next(ours, None)
            elif right is not None and (left is None or right[0] < left[0]):
                yield Difference(table.name, right[0], "only in PostgreSQL")
                right = next(theirs, None)
            elif left is not None and right is not None:
                if left[1] != right[1]:
                    yield Difference(table.name, left[0], "not the same")
                left, right = next(ours, None), next(theirs, None)


def _run(file: sqlite3.Connection, query: str, which: _Which, salt: str) -> sqlite3.Cursor:
    keys = None if which.keys is None else json.dumps(which.keys)
    return file.execute(query, {"salt": salt, "keys": keys})


def _names(table: Table, which: _Which) -> dict[str, sql.Composable]:
    made: Any = postgres_digest(table)  # of names that are ours
    return {
        "digest": sql.SQL(made),
        "table": sql.Identifier(table.name),
        "key": sql.Identifier(table.key),
        "which": which.postgres,
    }


def _telling(progress: Progress, table: Table) -> Callable[[int], None]:
    def told(done: int) -> None:
        progress(f"compare {table.name}", done, None)

    return told
