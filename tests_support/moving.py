"""A source on its way between its file and PostgreSQL, one transition at a time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from postroom.archive.archive import Archive
from postroom.archive.fence import build_fence, close_fence, open_fence
from postroom.archive.grants import close_schema, open_schema
from postroom.archive.placement import Placement
from postroom.archive.postgres import PostgresArchive, make_schema
from postroom.archive.registry import open_archive
from postroom.archive.source_registry import compare_and_set, placement_of
from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.move.bootstrap import bootstrap

# The order does not matter: foreign keys are not looked at while rows are copied.
_OURS = "^(search|schema|move|sqlite|placement)"


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves one source, step by step, as its administrator."""

    source_id: str
    home: Path
    admin_dsn: str
    service_dsn: str

    @property
    def file(self) -> SqliteArchive:
        """The file of the source."""
        return open_sqlite(self.source_id, self.home, create=True)

    @property
    def placed(self) -> Archive:
        """The archive as a service opens it."""
        return open_archive(self.source_id, home=self.home, dsn=None, registry=self.service_dsn)

    @property
    def placement(self) -> Placement:
        """The row of the registry."""
        with self.connected() as connection:
            return _read(connection, self.source_id)

    def bootstrap(self) -> None:
        """Register it, and give its file a fence."""
        _must(self.file.path.exists())
        bootstrap(
            self.source_id,
            home=self.home,
            admin_dsn=self.admin_dsn,
            service_dsn=self.service_dsn,
        )
        with closing(self.file.connect()) as connection, connection:
            build_fence(connection, 1)

    def freeze(self) -> None:
        """The registry says so, then the fence is closed."""
        after = self.becomes(Placement.freeze)
        self.closes_file(after.epoch)

    def switch(self) -> None:
        """A new generation gets every row, and serves."""
        generation = self.placement.generation + 1
        archive = PostgresArchive(self.source_id, self.admin_dsn, generation)
        with self.connected() as connection, connection.transaction():
            make_schema(connection, archive)
        self.copy(archive)
        with self.connected() as connection:
            before = _read(connection, self.source_id)
            after = before.switch(generation)
            _must(compare_and_set(connection, self.source_id, before, after))
            open_schema(connection, archive.schema, archive.role)

    def withdraw(self) -> None:
        """PostgreSQL takes no more writes; the file has everything."""
        after = self.becomes(Placement.withdraw)
        archive = PostgresArchive(self.source_id, self.admin_dsn, after.generation)
        with self.connected() as connection:
            close_schema(connection, archive.schema, archive.role)
        self.closes_file(after.epoch)

    def give_back(self, *, opens: bool = True) -> None:
        """The file serves; with `opens` False whoever did this died before it opened the fence."""
        after = self.becomes(Placement.give_back)
        if opens:
            with closing(self.file.connect()) as connection, connection:
                open_fence(connection, after.epoch)  # a service may have been quicker

    def move(self) -> None:
        """All the way to PostgreSQL."""
        self.bootstrap()
        self.freeze()
        self.switch()

    def becomes(self, change: Callable[[Placement], Placement]) -> Placement:
        """Make one transition of the registry."""
        with self.connected() as connection:
            before = _read(connection, self.source_id)
            _must(compare_and_set(connection, self.source_id, before, change(before)))
        return change(before)

    def ages(self, seconds: float) -> None:
        """Let the last transition have happened that long ago."""
        with self.connected() as connection:
            connection.execute(
                "UPDATE public.source_registry SET changed_at = changed_at - make_interval("
                "secs => %s) WHERE source_id = %s",
                (seconds, self.source_id),
            )

    def closes_file(self, epoch: int) -> None:
        """Close the fence of the file."""
        with closing(self.file.connect()) as connection, connection:
            _must(close_fence(connection, epoch))

    def copy(self, archive: PostgresArchive) -> None:
        """Copy every row of the file into a generation."""
        with closing(self.file.connect()) as file, self.connected() as connection:
            connection.execute("SET session_replication_role = replica")
            for table, booleans in _tables(connection, archive.schema).items():
                rows = [dict(row) for row in file.execute(f"SELECT * FROM {table}")]  # noqa: S608
                for row in rows:
                    row |= {name: bool(row[name]) for name in booleans}
                    _insert(connection, archive.schema, table, row)

    def file_keys(self, table: str) -> set[str]:
        """Read the ids of a table of the file, whoever it serves."""
        with closing(self.file.connect()) as file:
            return {str(row["id"]) for row in file.execute(f"SELECT id FROM {table}")}  # noqa: S608

    def carry_back(self, table: str) -> None:
        """Put the rows of a table of PostgreSQL in the place of those of the file."""
        schema = PostgresArchive(
            self.source_id, self.admin_dsn, self.placement.generation, is_shown=True
        )
        with schema.reading() as tx:
            rows = [dict(row) for row in tx.rows(f"SELECT * FROM {table}")]  # noqa: S608
        with closing(self.file.connect()) as file, file:
            file.execute(f"DELETE FROM {table}")  # noqa: S608
            for row in rows:
                marks = ", ".join(f":{name}" for name in row)
                file.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """Connect as the administrator; commit at the end."""
        with psycopg.connect(self.admin_dsn, row_factory=dict_row) as connection:
            yield connection


def _read(connection: psycopg.Connection[dict[str, Any]], source_id: str) -> Placement:
    found = placement_of(connection, source_id)
    if found is None:
        raise AssertionError(f"the registry has no row of {source_id}")
    return found


def _must(be: bool) -> None:  # noqa: FBT001  # an assertion
    if not be:
        raise AssertionError("the transition did not happen")


def _tables(connection: psycopg.Connection[dict[str, Any]], schema: str) -> dict[str, list[str]]:
    """Name the tables of an archive, each with its boolean columns."""
    rows = connection.execute(
        "SELECT table_name, array_remove(array_agg(CASE data_type WHEN 'boolean' THEN column_name"
        " END::text), NULL) AS booleans FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name !~ %s GROUP BY 1",
        (schema, _OURS),
    )
    return {row["table_name"]: row["booleans"] for row in rows.fetchall()}


def _insert(connection: Any, schema: str, table: str, row: dict[str, Any]) -> None:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(schema, table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Placeholder, row)),
    )
    connection.execute(statement, row)


def service_login(admin_dsn: str) -> str:
    """Make a user who may define nothing; hand back the DSN of its own."""
    name = f"svc_{secrets.token_hex(6)}"
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    return make_conninfo(admin_dsn, user=name)
