"""Compares the closed file with PostgreSQL, row by row and to the character, within a pass.

Both sides stand still meanwhile: the file is locked, PostgreSQL is a snapshot that writers do not
wait for. A difference names a table and a key, never what a row says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from postroom.archive.names import quoted
from postroom.move.capture_postgres import Watched
from postroom.move.carried_rows import every_row, logged_rows
from postroom.move.carried_values import is_same
from postroom.move.carry_pass import CarryPass
from postroom.move.return_refusals import Differs
from postroom.progress import Progress

_EVERY_ROWS: Final = 5000


def compare_carried(begun: CarryPass, tables: Sequence[Watched]) -> None:
    """Raise `Differs` unless the rows that the log names are the same, or gone, in both stores."""
    for table in tables:
        taken = "SELECT count(*) FROM temp.carried c JOIN {} t ON t.{} = c.key WHERE table_name = ?"
        query = taken.format(quoted(table.name), quoted(table.key))
        (left,) = begun.file.execute(query, (table.name,)).fetchone()
        one = f"{_select(table)} WHERE {quoted(table.key)} = ?"
        at = table.columns.index(table.key)
        for row in logged_rows(begun, table):
            found = begun.file.execute(one, (row[at],)).fetchone()
            left -= 1
            if not _is_same(table, None if found is None else tuple(found), row):
                raise _differs(begun, table, row[at])
        if left:
            raise Differs(begun.source_id, f"table {table.name} has {left} rows too many")


def compare_all(begun: CarryPass, progress: Progress) -> dict[str, int]:
    """Raise `Differs` unless every carried table is the same in both stores; count their rows.

    Everything that the log names must have been carried in this pass.
    """
    return {table.name: _compare_table(begun, table, progress) for table in begun.tables}


def _compare_table(begun: CarryPass, table: Watched, progress: Progress) -> int:
    (total,) = begun.file.execute(f"SELECT count(*) FROM {quoted(table.name)}").fetchone()  # noqa: S608
    at, n = table.columns.index(table.key), 0
    # Both sort by the bytes of the key: a uuid is its lower-case digits.
    here = begun.file.execute(f"{_select(table)} ORDER BY {quoted(table.key)}")
    for n, (found, row) in enumerate(_side_by_side(here, every_row(begun, table)), start=1):
        if n % _EVERY_ROWS == 0:
            progress(f"compare {table.name}", n, total)
        if not _is_same(table, found, row):
            raise _differs(begun, table, (found or row or ())[at])
    return n


def _is_same(table: Watched, here: tuple[Any, ...] | None, there: tuple[Any, ...] | None) -> bool:
    if here == there:
        return True
    if here is None or there is None:
        return False
    values = zip(table.columns, here, there, strict=True)
    return all(is_same(a, b, is_moment=name in table.moments) for name, a, b in values)


def _side_by_side(
    here: Iterator[Any], there: Iterator[tuple[Any, ...]]
) -> Iterator[tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]]:
    for row in there:
        found = next(here, None)
        yield None if found is None else tuple(found), row
    for found in here:
        yield tuple(found), None


def _select(table: Watched) -> str:
    names = ", ".join(map(quoted, table.columns))
    return f"SELECT {names} FROM {quoted(table.name)}"  # noqa: S608  # names are the server's


def _differs(begun: CarryPass, table: Watched, key: object) -> Differs:
    return Differs(begun.source_id, f"table {table.name}, key {key} is not the same in both")
