"""The archive of a source in one PostgreSQL schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import TextLoader

from postroom.archive.connection import Connection, connect
from postroom.archive.grants import let_read, open_schema
from postroom.archive.migrate import Migration, migrate, migrations, pending
from postroom.archive.names import quoted, role_name, schema_name
from postroom.archive.placement import Placement
from postroom.archive.source_registry import (
    REGISTRY,
    has_registry,
    known_placement,
    make_placement_view,
    register,
    registered_sources,
)
from postroom.archive.transaction import Transaction
from postroom.archive.trouble import registry_told, told
from postroom.errors import DiskRefused, Fenced, NotReadable

if TYPE_CHECKING:
    import sqlalchemy

# The application's keys of advisory locks: "two processes make the registry" and "… the same
# source".
_LOCK_SPACE: Final = 0x706F7374

_APPLIED: Final = """CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now())"""


class _UtcText(Loader):
    """A timestamptz as `2026-11-20T12:34:56.123456Z`; the session's time zone is UTC."""

    def load(self, data: bytes | bytearray | memoryview) -> str:
        return bytes(data).decode().replace(" ", "T", 1).removesuffix("+00") + "Z"


@dataclass(frozen=True, slots=True)
class PostgresArchive:
    """A generation of a source at `dsn`, read and written by the role of the source.

    With `is_shown` it is read whatever the registry says, and never written: that is how a
    generation is looked at before it serves.
    """

    source_id: str
    dsn: str = field(repr=False)
    generation: int = 0
    is_shown: bool = False
    backend: Literal["postgres"] = "postgres"

    @property
    def schema(self) -> str:
        """The schema of this generation."""
        return schema_name(self.source_id, self.generation)

    @property
    def role(self) -> str:
        """The role that sees this source alone."""
        return role_name(self.source_id)

    @property
    def busy_errors(self) -> tuple[type[Exception], ...]:
        """See `Archive.busy_errors`."""
        return (psycopg.OperationalError, NotReadable, DiskRefused)

    def connect(self) -> Connection:
        """See `Archive.connect`."""
        connection = connect(self._confined(), self.source_id)
        for name in ("uuid", "json", "jsonb"):
            connection.adapters.register_loader(name, TextLoader)
        connection.adapters.register_loader("timestamptz", _UtcText)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `Archive.transaction`."""
        with (
            told(f"source {self.source_id}"),
            closing(self.connect()) as connection,
            connection.transaction(),
        ):
            tx = Transaction(connection, "postgres")
            self.admit(tx, writes=True)
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See `Archive.reading`."""
        with told(f"source {self.source_id}"), closing(self.connect()) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.transaction():
                tx = Transaction(connection, "postgres")
                self.admit(tx, writes=False)
                yield tx

    def admit(self, tx: Transaction, *, writes: bool) -> None:
        """See `Archive.admit`."""
        if self.is_shown:
            if writes:
                raise _closed(self, "a generation that is only looked at takes no writes")
            if tx.value("SELECT to_regclass('schema_migrations') AS here") is None:
                raise _closed(self, "its schema is not there")
            return
        try:
            row = tx.row("SELECT owner, epoch, generation FROM placement")
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege) as error:
            raise _closed(self, "its schema is not there, or not for this role") from error
        if row is None:
            raise _closed(self, "the registry knows nothing of it")
        placement = Placement(**row)
        serves = placement.writes if writes else placement.reads
        if serves != "postgres" or placement.generation != self.generation:
            raise _closed(self, f"the registry says {placement.owner} at epoch {placement.epoch}")

    def sqlalchemy_engine(self) -> sqlalchemy.Engine:
        """See `Archive.sqlalchemy_engine`."""
        import sqlalchemy  # noqa: PLC0415  # a second to import, for v1 alone
        from sqlalchemy.pool import NullPool  # noqa: PLC0415

        creator = partial(psycopg.connect, self._confined())
        return sqlalchemy.create_engine(
            "postgresql+psycopg://", creator=creator, poolclass=NullPool
        )

    def dsn_for_parity(self) -> str:
        """See `Archive.dsn_for_parity`."""
        return "postgresql://?" + urlencode(conninfo_to_dict(self._confined()), quote_via=quote)

    def _confined(self) -> str:
        given = conninfo_to_dict(self.dsn).get("options") or ""
        options = f'{given} -c role={self.role} -c search_path="{self.schema}" -c timezone=UTC'
        return make_conninfo(self.dsn, options=options.strip(), application_name="postroom")


def open_postgres(source_id: str, dsn: str, *, create: bool) -> PostgresArchive:
    """Open the archive of `source_id` at `dsn`; `create` makes schema, role and registry row.

    The user of `dsn` owns the tables; the source's role may read and write rows and nothing more.
    Raises `NotReadable` if the source is not there (without `create`), the server cannot be reached
    or refuses, or the archive is of a newer program; `Fenced` if the source lives in SQLite.
    """
    first = PostgresArchive(source_id, dsn)
    with closing(connect(dsn, source_id)) as connection, told_refusal(first):
        connection.autocommit = True
        placement = known_placement(connection, source_id)
        if placement is None and not create:
            raise _no_such_source(source_id)
        archive = first if placement is None else replace(first, generation=placement.generation)
        if placement is not None and placement.reads != "postgres":
            raise _closed(archive, f"the registry says {placement.owner}")
        if placement is not None and _is_current(connection, archive):
            return archive
        if not create:
            raise _no_such_source(source_id)
        with connection.transaction():
            make_schema(connection, archive)
            register(connection, source_id, Placement("postgres", 1))
            open_schema(connection, archive.schema, archive.role)
    return archive


def open_generation(source_id: str, dsn: str, generation: int) -> PostgresArchive:
    """Open a generation that serves, as a user who need not see more than its role does.

    Raises `Fenced` if it does not serve, `NotReadable` if its tables are of another program.
    """
    archive = PostgresArchive(source_id, dsn, generation)
    with archive.reading() as tx:
        rows = tx.rows("SELECT number, sha256 FROM schema_migrations")
    done = {row["number"]: row["sha256"] for row in rows}
    if pending(migrations("postgres"), done, source_id):
        raise NotReadable(
            "the tables of this source are older than this program",
            where=f"source {source_id}, schema {quoted(archive.schema)}",
            why="an administrator brings them up: the service defines nothing",
            remedy=f"postroom source bootstrap {source_id}",
        )
    return archive


def make_schema(connection: Connection, archive: PostgresArchive) -> None:
    """Make registry, role, schema and tables of a generation, and let the role read them.

    What is there stays as it is. It is part of the caller's transaction, which should be
    `told_refusal`.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_SPACE,))
    connection.execute(REGISTRY)
    _make_role(connection, archive.role)
    name = sql.Identifier(archive.schema)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
    connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(name))
    connection.execute(_APPLIED)
    done = _applied(connection, archive)
    migrate(migrations("postgres"), done, archive.source_id, partial(_apply, connection))
    make_placement_view(connection, archive.schema, archive.source_id)
    let_read(connection, archive.schema, archive.role)


@contextmanager
def told_refusal(archive: PostgresArchive) -> Iterator[None]:
    """Turn a right that the user of the DSN lacks into `NotReadable`."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise _refused(archive, error) from error


def postgres_sources(dsn: str) -> list[str]:
    """List the ids of every source in the registry at `dsn`, sorted."""
    with closing(connect(dsn, "*")) as connection, registry_told("*"):
        return sorted(registered_sources(connection)) if has_registry(connection) else []


def _is_current(connection: Connection, archive: PostgresArchive) -> bool:
    return not pending(migrations("postgres"), _applied(connection, archive), archive.source_id)


def _applied(connection: Connection, archive: PostgresArchive) -> dict[int, str]:
    table = f"{quoted(archive.schema)}.schema_migrations"
    here = connection.execute("SELECT to_regclass(%s) IS NOT NULL AS here", (table,)).fetchone()
    if not (here and here["here"]):
        return {}
    query = sql.SQL("SELECT number, sha256 FROM {}.schema_migrations")
    rows = connection.execute(query.format(sql.Identifier(archive.schema))).fetchall()
    return {row["number"]: row["sha256"] for row in rows}


def _make_role(connection: Connection, role: str) -> None:
    # Roles belong to the server, not to the database: another database may have made it already.
    found = connection.execute("SELECT 1 AS x FROM pg_roles WHERE rolname = %s", (role,))
    name = sql.Identifier(role)
    if found.fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))


def _apply(connection: Connection, migration: Migration) -> None:
    connection.execute(migration.sql.encode())
    connection.execute(
        "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)",
        (migration.number, migration.name, migration.sha256),
    )


def _no_such_source(source_id: str) -> NotReadable:
    return NotReadable(
        "there is no such source",
        where=f"source {source_id}: public.source_registry",
        why="no ingest has made it, or its tables are older than this program",
        remedy="postroom ingest FILE --source ID --dsn env:NAME makes it",
    )


def _refused(archive: PostgresArchive, error: psycopg.Error) -> NotReadable:
    role = quoted(archive.schema)
    return NotReadable(
        "PostgreSQL refuses to make the source",
        where=f"source {archive.source_id}, schema {role}",
        why=error.diag.message_primary or "permission denied",
        remedy="use a user that may CREATE schemas and has CREATEROLE for the first ingest",
    )


def _closed(archive: PostgresArchive, why: str) -> Fenced:
    return Fenced(
        "this source does not live in PostgreSQL now",
        where=f"source {archive.source_id}, schema {quoted(archive.schema)}",
        why=why,
        remedy="postroom source status SOURCE says where it lives and what comes next",
    )
