"""The two stores of a move: the source's SQLite file, and the schema it moves into."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Final

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postroom.archive.connection import Connection, connect
from postroom.archive.postgres import PostgresArchive
from postroom.archive.sqlite import SqliteArchive

BUSY_MS: Final = 60_000
SHORTLY_BUSY_MS: Final = 2_000
"""Where nobody waits for us but those whom we hold up."""


@dataclass(frozen=True, slots=True)
class Route:
    """`file` moves into the schema of `generation` at the administrator's `dsn`."""

    file: SqliteArchive
    dsn: str = field(repr=False)
    generation: int

    @property
    def source_id(self) -> str:
        """The source that moves."""
        return self.file.source_id

    @property
    def archive(self) -> PostgresArchive:
        """The archive that the source becomes."""
        return PostgresArchive(self.source_id, self.dsn, self.generation)

    def open_file(self, busy_ms: int = BUSY_MS) -> sqlite3.Connection:
        """Connect to the file: rows are tuples, and transactions begin where one is begun.

        Another writer is waited for so many milliseconds.
        """
        connection = self.file.connect()
        connection.isolation_level = None
        connection.row_factory = None
        connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        return connection

    def open_server(self) -> Connection:
        """Connect as the administrator; names without a schema are those of the generation."""
        connection = open_server(self.dsn, self.source_id)
        connection.execute(self.search_path)
        return connection

    @property
    def search_path(self) -> sql.Composed:
        """The command by which names without a schema are those of the generation."""
        return sql.SQL("SET search_path TO {}").format(sql.Identifier(self.archive.schema))


def open_server(dsn: str, source_id: str) -> Connection:
    """Connect as the administrator: rows by name, each statement by itself unless in a block."""
    given = conninfo_to_dict(dsn).get("options") or ""
    options = f"{given} -c timezone=UTC".strip()
    conninfo = make_conninfo(dsn, application_name="postroom source move", options=options)
    connection = connect(conninfo, source_id)
    connection.autocommit = True
    return connection
