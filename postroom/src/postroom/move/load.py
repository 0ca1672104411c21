"""The rows of the file into the bare schema, by COPY, a range of rows at a time.

A range and the note that it is there are one transaction, so a load that was killed goes on behind
the last one. It then reads a younger file: what changed in between is in the log, as is all that
changes while it runs.
"""

from __future__ import annotations

import sqlite3
from typing import Final

import psycopg
from psycopg import sql

from postroom.archive.connection import Connection
from postroom.move.generation import is_bare
from postroom.move.refusals import RowRefused
from postroom.move.tables import CARRIED, Table
from postroom.progress import Progress

ROWS_AT_ONCE: Final = 50_000
# Noted for a table that is there in full: what comes to the file later is in the log.
_LAST_OF_ALL: Final = 2**63 - 1
_NOTE: Final = """INSERT INTO move_loaded (table_name, last_rowid, row_count) VALUES (%s, %s, %s)
    ON CONFLICT (table_name) DO UPDATE SET last_rowid = excluded.last_rowid,
    row_count = move_loaded.row_count + excluded.row_count"""

# pglz, the default of PostgreSQL, takes three times as long. Some servers are built without lz4.
_FASTEST_COMPRESSION: Final = """SELECT set_config(name, 'lz4', false) AS x FROM pg_settings
    WHERE name = 'default_toast_compression' AND setting = boot_val AND 'lz4' = ANY (enumvals)"""


def load(
    file: sqlite3.Connection,
    server: Connection,
    progress: Progress,
    *,
    rows_at_once: int = ROWS_AT_ONCE,
) -> dict[str, int]:
    """Load every carried table that is bare; hand back how many rows were loaded now, by table.

    The log of the file has been kept since before this was first called.
    """
    server.execute(_FASTEST_COMPRESSION.encode())
    file.execute("BEGIN")
    try:
        return {
            table.name: _load_table(file, server, table, progress, rows_at_once)
            for table in CARRIED
            if is_bare(server, table.name)
        }
    finally:
        file.execute("ROLLBACK")


def copy_rows(server: Connection, table: Table, rows: sqlite3.Cursor) -> int:
    """Copy rows, whose columns are those of `table` in their order; say how many there were.

    Raises `RowRefused` for a row that PostgreSQL does not take.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, table.names))
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    count = 0
    try:
        with server.cursor().copy(command) as copy:
            write = copy.write_row
            for count, row in enumerate(rows, start=1):  # noqa: B007  # counts
                write(row)
    except (psycopg.DataError, psycopg.IntegrityError, sqlite3.OperationalError) as error:
        raise _not_taken(table, error) from None  # its text quotes the row
    return count


def _load_table(
    file: sqlite3.Connection, server: Connection, table: Table, progress: Progress, at_once: int
) -> int:
    names = ", ".join(table.names)
    query = f"SELECT {names} FROM {table.name} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"  # noqa: S608  # ours
    total = file.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]  # noqa: S608
    noted = server.execute(
        "SELECT last_rowid, row_count FROM move_loaded WHERE table_name = %s", (table.name,)
    ).fetchone()
    last, before = (noted["last_rowid"], noted["row_count"]) if noted else (None, 0)
    done = 0
    while (first := _next_rowid(file, table, last)) is not None:
        last = first + at_once - 1
        with server.transaction():
            count = copy_rows(server, table, file.execute(query, (first, last)))
            server.execute(_NOTE, (table.name, last, count))
        done += count
        progress(f"load {table.name}", before + done, max(total, before + done))
    server.execute(_NOTE, (table.name, _LAST_OF_ALL, 0))
    return done


def _next_rowid(file: sqlite3.Connection, table: Table, last: int | None) -> int | None:
    if last is None:
        found = file.execute(f"SELECT min(rowid) FROM {table.name}").fetchone()  # noqa: S608
    else:
        query = f"SELECT min(rowid) FROM {table.name} WHERE rowid > ?"  # noqa: S608
        found = file.execute(query, (last,)).fetchone()
    return None if found[0] is None else int(found[0])


def _not_taken(table: Table, error: Exception) -> RowRefused:
    why = type(error).__name__
    if isinstance(error, psycopg.Error):
        constraint = error.diag.constraint_name
        why = f"{why}, constraint {constraint}" if constraint else why
    return RowRefused(
        "a row of the file is none for PostgreSQL",
        where=f"table {table.name}",
        why=f"{why}; its content is not shown",
        remedy="postroom source move SOURCE lists such rows as it begins; mend them first",
    )
