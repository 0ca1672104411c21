"""What a move carries is what an archive holds, in both engines."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from postroom.archive.postgres import open_postgres
from postroom.archive.sqlite import open_sqlite
from postroom.move.capture_postgres import watched_tables
from postroom.move.tables import CARRIED

_IN_POSTGRES = """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r'"""
_IN_SQLITE = """SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_xinfo(t.name) c
    WHERE t.type = 'table'"""
_NAMES = {"moment": "timestamp with time zone"}
_STORED = {"boolean": "INTEGER", "integer": "INTEGER", "bigint": "INTEGER", "real": "REAL"}


def is_carried(table: str) -> bool:
    """The index is made anew; what belongs to a store stays with it."""
    return not table.startswith(("search_", "move_", "sqlite_")) and table != "schema_migrations"


def test_every_column_of_postgresql_is_carried_as_what_it_is(
    postgres_dsn: str, source_id: str
) -> None:
    """No table and no column stays behind because somebody added it later."""
    archive = open_postgres(source_id, postgres_dsn, create=True)
    with psycopg.connect(postgres_dsn) as connection:
        rows = connection.execute(_IN_POSTGRES, (f'"{archive.schema}"',)).fetchall()
    found = {row for row in rows if is_carried(row[0])}
    ours = {(t.name, c.name, _NAMES.get(c.kind, c.kind)) for t in CARRIED for c in t.columns}
    assert ours == found


def test_every_column_of_sqlite_is_carried(tmp_path: Path) -> None:
    """The file has the same columns, in the types that stand for those of PostgreSQL."""
    with closing(open_sqlite("acme", tmp_path, create=True).connect()) as connection:
        rows = map(tuple, connection.execute(_IN_SQLITE).fetchall())
    found = {row for row in rows if is_carried(row[0])}
    ours = {(t.name, c.name, _STORED.get(c.kind, "TEXT")) for t in CARRIED for c in t.columns}
    assert ours == found


def test_what_is_logged_for_the_way_back_is_what_is_carried_there(
    postgres_dsn: str, source_id: str
) -> None:
    """The server's own list of tables, keys and columns: nothing is carried one way only."""
    archive = open_postgres(source_id, postgres_dsn, create=True)
    with psycopg.connect(postgres_dsn, row_factory=dict_row) as connection:
        found = watched_tables(connection, archive.schema)
    assert {(table.name, table.key, frozenset(table.columns)) for table in found} == {
        (table.name, table.key, frozenset(table.names)) for table in CARRIED
    }
