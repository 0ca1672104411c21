"""The rows of a pass: those that the log names, as they are in its snapshot, or gone.

What is carried is the state of a row and not what was done to it. So it does no harm to carry one
twice, and the order of the log means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, LiteralString

from psycopg import sql
from psycopg.rows import tuple_row

from postroom.archive.names import quoted
from postroom.move.capture_postgres import Watched
from postroom.move.carried_values import FILETIMES, of_filetime
from postroom.move.carry_pass import CarryPass

# Rows bring their texts with them.
_ROWS_AT_ONCE: Final = 1000
_KEYS_AT_ONCE: Final = 20_000
# Up to so many keys are looked up in the table's index, whatever the planner thinks of the log.
_FEW: Final = 10_000

_KEYS: Final = "SELECT DISTINCT table_name, key FROM {schema}.move_log"
_LOGGED: Final = """SELECT {columns} FROM {schema}.{table} WHERE {key} IN
    (SELECT key::{key_type} FROM {schema}.move_log WHERE table_name = {name})"""
_NAMED: Final = "SELECT {columns} FROM {schema}.{table} WHERE {key} = ANY (%s::{key_type}[])"
_EVERY: Final = 'SELECT {columns} FROM {schema}.{table} ORDER BY {key}::text COLLATE "C"'

_TAKEN: Final = """CREATE TEMP TABLE carried (
    table_name TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (table_name, key)) WITHOUT ROWID"""
_IS_TAKEN: Final = "IN (SELECT key FROM temp.carried WHERE table_name = ?)"

# Tables whose texts are searched.
_SEARCHED: Final = frozenset(("email_messages", "email_attachments", "documents"))


def take_keys(begun: CarryPass) -> dict[str, int]:
    """Note beside the file which keys the log holds; say how many by table."""
    begun.file.execute(_TAKEN)
    query = sql.SQL(_KEYS).format(schema=sql.Identifier(begun.schema))
    with begun.server.cursor(name="keys", row_factory=tuple_row) as cursor:
        cursor.itersize = _KEYS_AT_ONCE
        begun.file.executemany("INSERT INTO temp.carried VALUES (?, ?)", cursor.execute(query))
    counted = "SELECT table_name, count(*) FROM temp.carried GROUP BY 1"
    return dict(map(tuple, begun.file.execute(counted)))


def put_rows(begun: CarryPass, table: Watched) -> int:
    """Write the rows whose keys were taken as they are now; say how many there still are."""
    leave_index(begun, table)
    delete = f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.key)} {_IS_TAKEN}"  # noqa: S608
    begun.file.execute(delete, (table.name,))
    names, marks = ", ".join(map(quoted, table.columns)), ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks})"  # noqa: S608  # ours
    written = max(begun.file.executemany(insert, logged_rows(begun, table)).rowcount, 0)
    leave_index(begun, table)
    return written


def logged_rows(begun: CarryPass, table: Watched) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `table` that the log names and that are there."""
    names = "SELECT key FROM temp.carried WHERE table_name = ? LIMIT ?"
    keys = [key for (key,) in begun.file.execute(names, (table.name, _FEW + 1))]
    if len(keys) > _FEW:
        return _rows(begun, table, _LOGGED)
    return _rows(begun, table, _NAMED, keys)


def every_row(begun: CarryPass, table: Watched) -> Iterator[tuple[Any, ...]]:
    """Yield all rows of `table`, in the order of the bytes of their keys."""
    return _rows(begun, table, _EVERY)


def _rows(
    begun: CarryPass, table: Watched, query: LiteralString, keys: list[str] | None = None
) -> Iterator[tuple[Any, ...]]:
    """Yield rows to the character as SQLite has them."""
    moments = [
        (table.columns.index(moment), table.columns.index(filetime))
        for moment, filetime in FILETIMES.items()
        if moment in table.columns
    ]
    text = sql.SQL(query).format(
        schema=sql.Identifier(begun.schema),
        table=sql.Identifier(table.name),
        name=sql.Literal(table.name),
        key=sql.Identifier(table.key),
        key_type=sql.Identifier(table.key_type),
        columns=sql.SQL(", ").join(map(sql.Identifier, table.columns)),
    )
    with begun.server.cursor(name="rows", row_factory=tuple_row) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        for row in cursor.execute(text, None if keys is None else (keys,)):
            if not moments:
                yield row
                continue
            values = list(row)
            for moment, filetime in moments:
                values[moment] = of_filetime(values[moment], values[filetime])
            yield tuple(values)


def leave_index(begun: CarryPass, table: Watched) -> None:
    """Take ingests whose words may change out of the search index, by the rows as they are.

    They are indexed again before the source is served from the file.
    """
    here = "SELECT 1 FROM sqlite_schema WHERE name = 'search_ingests'"
    if table.name not in _SEARCHED or begun.file.execute(here).fetchone() is None:
        return
    begun.file.execute(
        "DELETE FROM search_ingests WHERE pst_file_id IN"  # noqa: S608  # ours
        f" (SELECT pst_file_id FROM {quoted(table.name)} WHERE {quoted(table.key)} {_IS_TAKEN})",
        (table.name,),
    )
