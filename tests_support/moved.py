"""A source that lives in PostgreSQL, its closed file beside it, as a switch leaves them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from postroom.archive.connection import Connection, connect
from postroom.archive.fence import Fence, close_fence, fence_of
from postroom.archive.grants import open_schema
from postroom.archive.placement import Placement
from postroom.archive.postgres import PostgresArchive, make_schema
from postroom.archive.source_registry import placement_of, register
from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.move.capture_postgres import Watched, install_capture, watched_tables
from postroom.move.capture_sqlite import install_capture as install_capture_there
from postroom.move.carried_rows import every_row
from postroom.move.carried_values import read_as_carried
from postroom.move.carry_pass import CarryPass
from postroom.move.lag import Lag, lag_of
from postroom.store import open_store
from tests_support.api_mails import fill

KEEP = (
    "INSERT INTO idempotency_keys (key, request_sha256, created_at)"
    " VALUES (:key, 'x', '2026-11-20T12:34:56.123456Z')"
)


@dataclass(frozen=True, slots=True)
class Moved:
    """The two stores of a source; `email_ids` are mails that were there before the switch."""

    file: SqliteArchive
    server: PostgresArchive
    email_ids: tuple[str, ...]

    @property
    def dsn(self) -> str:
        """An administrator of the server."""
        return self.server.dsn

    @property
    def source_id(self) -> str:
        """The source."""
        return self.server.source_id

    @property
    def placement(self) -> Placement:
        """What the registry says."""
        with self.admin() as connection:
            found = placement_of(connection, self.source_id)
        if found is None:
            raise AssertionError("the registry has no row of it")
        return found

    @property
    def fence(self) -> Fence:
        """What the file says."""
        with closing(self.file.connect()) as connection:
            found = fence_of(connection)
        if found is None:
            raise AssertionError("the file has no fence")
        return found

    @property
    def lag(self) -> Lag:
        """What is not carried yet."""
        with self.admin() as connection:
            return lag_of(connection, self.server.schema)

    @contextmanager
    def admin(self) -> Iterator[Connection]:
        """Connect as the owner of the tables."""
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            yield connection

    def keep(self, *keys: str) -> None:
        """Write something in PostgreSQL, as the service does."""
        with self.server.transaction() as tx:
            for key in keys:
                tx.change(KEEP, key=key)

    def keys(self) -> set[str]:
        """List what was kept and is in the file."""
        with replace(self.file, is_shown=True).reading() as tx:
            return {row["key"] for row in tx.rows("SELECT key FROM idempotency_keys")}

    def held_by_file(self) -> dict[str, list[tuple[Any, ...]]]:
        """Give every carried row of the file, by table, sorted by key."""
        with self.admin() as admin:
            tables = watched_tables(admin, self.server.schema)
        with closing(self.file.connect()) as file:
            return {
                table.name: sorted(map(tuple, file.execute(_select(table))), key=repr)
                for table in tables
            }

    def held_by_server(self) -> dict[str, list[tuple[Any, ...]]]:
        """Give every row of PostgreSQL as SQLite would spell it, by table, sorted by key."""
        with self.admin() as connection, closing(self.file.connect()) as file:
            connection.execute("SET timezone = 'UTC'")
            read_as_carried(connection)
            tables = tuple(watched_tables(connection, self.server.schema))
            begun = CarryPass(
                self.source_id, file, connection, self.placement, self.fence, 0, tables
            )
            return {table.name: sorted(every_row(begun, table), key=repr) for table in tables}


def moved(home: Path, dsn: str, source_id: str, *, generation: int = 1) -> Moved:
    """Make a source of some mails, whole in both stores, and switch it to PostgreSQL."""
    file = open_sqlite(source_id, home, create=True)
    filled = fill(file, open_store("", home=home))
    server = PostgresArchive(source_id, dsn, generation)
    with closing(connect(dsn, source_id)) as connection:
        connection.autocommit = True
        with connection.transaction():
            make_schema(connection, server)
        with closing(file.connect()) as here:
            _copy(here, connection, server.schema)
            _close(here)
        with connection.transaction():
            register(connection, source_id, Placement("postgres", 3, generation))
            install_capture(connection, server.schema)
            open_schema(connection, server.schema, server.role)
    return Moved(file, server, filled.ids)


def _copy(here: sqlite3.Connection, there: Connection, schema: str) -> None:
    with there.transaction():
        there.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in watched_tables(there, schema):
            names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
            marks = sql.SQL(", ").join(sql.Placeholder() for _ in table.columns)
            insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(schema, table.name), names, marks
            )
            rows = here.execute(_select(table)).fetchall()
            # As texts, which PostgreSQL reads as what the column holds.
            texts = [[None if cell is None else str(cell) for cell in row] for row in rows]
            there.cursor().executemany(insert, texts)


def _select(table: Watched) -> str:
    return f"SELECT {', '.join(table.columns)} FROM {table.name}"  # noqa: S608  # ours


def _close(here: sqlite3.Connection) -> None:
    install_capture_there(here, 1)
    with here:
        if not close_fence(here, 2):
            raise AssertionError("the fence does not close")
