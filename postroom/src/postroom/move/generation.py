"""The schema that a source moves into: bare while it is filled, whole before it serves.

While it is filled its tables have neither keys nor indexes. What was taken off is written down in
`move_later`, and each line goes as it is put back: so a mover that was killed finds what is left to
do. The tables are logged from the first row on: to make unlogged ones logged afterwards writes them
a second time.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg import sql

from postroom.archive.connection import Connection
from postroom.archive.postgres import PostgresArchive, make_schema, told_refusal
from postroom.move.tables import CARRIED
from postroom.progress import Progress

_BARE: Final = (
    """CREATE TABLE move_later (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text NOT NULL,
    kind text NOT NULL, command text NOT NULL)""",
    """CREATE TABLE move_loaded (
    table_name text PRIMARY KEY, last_rowid bigint NOT NULL, row_count bigint NOT NULL)""",
)
_CONSTRAINTS: Final = """SELECT conname AS name, contype AS kind, pg_get_constraintdef(oid) AS made
    FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype IN ('p', 'f')
    ORDER BY contype, conname"""
_INDEXES: Final = """SELECT i.indexrelid::regclass::text AS name,
    pg_get_indexdef(i.indexrelid) AS made
    FROM pg_index i WHERE i.indrelid = to_regclass(%s) AND NOT EXISTS
        (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1"""
_LATER: Final = "INSERT INTO move_later (table_name, kind, command) VALUES (%s, %s, %s)"
_MEMORY: Final = "SET LOCAL maintenance_work_mem = '256MB'"


def make_generation(connection: Connection, archive: PostgresArchive) -> None:
    """Make the schema of `archive`, bare; one that is there stays as it is."""
    with told_refusal(archive), connection.transaction():
        here = connection.execute("SELECT to_regclass('move_later') IS NOT NULL AS here").fetchone()
        if here and here["here"]:
            return
        make_schema(connection, archive)
        for statement in _BARE:
            connection.execute(statement)
        for kind in ("f", "p"):
            for table in CARRIED:
                _take_off(connection, table.name, kind)
        for table in CARRIED:
            _take_off_indexes(connection, table.name)


def is_bare(connection: Connection, table: str) -> bool:
    """Say whether a table is being filled: it has no key yet."""
    return bool(_later(connection, table, "p"))


def make_keys(connection: Connection, progress: Progress) -> None:
    """Make the key and the indexes of each table, and tell the planner of its rows."""
    for done, table in enumerate(CARRIED, start=1):
        if is_bare(connection, table.name):
            with connection.transaction():
                connection.execute(_MEMORY)
                for kind in ("p", "i"):
                    _put_back(connection, table.name, kind)
            connection.execute(f"ANALYZE {table.name}".encode())
        progress("keys", done, len(CARRIED))


def make_references(connection: Connection, progress: Progress) -> None:
    """Make the foreign keys and have the server validate them, table by table."""
    for done, table in enumerate(CARRIED, start=1):
        with connection.transaction():
            connection.execute(_MEMORY)
            _put_back(connection, table.name, "f")
        progress("foreign keys", done, len(CARRIED))


def is_whole(connection: Connection) -> bool:
    """Say whether nothing is left to be put back."""
    return connection.execute("SELECT 1 AS x FROM move_later LIMIT 1").fetchone() is None


def _take_off(connection: Connection, table: str, kind: str) -> None:
    for row in connection.execute(_CONSTRAINTS, (table,)).fetchall():
        if row["kind"] != kind:
            continue
        names = {"table": sql.Identifier(table), "name": sql.Identifier(row["name"])}
        add = sql.SQL("ALTER TABLE {table} ADD CONSTRAINT {name} ").format(**names)
        connection.execute(_LATER, (table, kind, add.as_string(connection) + row["made"]))
        connection.execute(sql.SQL("ALTER TABLE {table} DROP CONSTRAINT {name}").format(**names))


def _take_off_indexes(connection: Connection, table: str) -> None:
    for row in connection.execute(_INDEXES, (table,)).fetchall():
        connection.execute(_LATER, (table, "i", row["made"]))
        connection.execute(f"DROP INDEX {row['name']}".encode())


def _put_back(connection: Connection, table: str, kind: str) -> None:
    for row in _later(connection, table, kind):
        connection.execute(row["command"].encode())
        connection.execute("DELETE FROM move_later WHERE n = %s", (row["n"],))


def _later(connection: Connection, table: str, kind: str) -> list[dict[str, Any]]:
    query = "SELECT n, command FROM move_later WHERE table_name = %s AND kind = %s ORDER BY n"
    return connection.execute(query, (table, kind)).fetchall()
