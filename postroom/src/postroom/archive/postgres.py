"""The archive of a source in one PostgreSQL schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from postroom.archive.migrate import Migration, migrate, migrations, pending
from postroom.archive.names import quoted, schema_name
from postroom.archive.transaction import Transaction
from postroom.archive.trouble import told
from postroom.errors import Away, DiskRefused, NotReadable

if TYPE_CHECKING:
    import sqlalchemy

Connection = psycopg.Connection[dict[str, Any]]

# The application's keys of advisory locks: "two processes make the registry" and "… the same
# source".
_LOCK_SPACE: Final = 0x706F7374

_REGISTRY: Final = """CREATE TABLE IF NOT EXISTS public.source_registry (
    source_id  text PRIMARY KEY,
    owner      text NOT NULL CHECK (owner IN ('sqlite', 'freezing', 'postgres', 'returning')),
    epoch      bigint NOT NULL DEFAULT 1,
    generation integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now())"""

_APPLIED: Final = """CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now())"""


class _UtcText(Loader):
    """A timestamptz as `2026-11-20T12:34:56.123456Z`; the session's time zone is UTC."""

    def load(self, data: bytes | bytearray | memoryview) -> str:
        return bytes(data).decode().replace(" ", "T", 1).removesuffix("+00") + "Z"


@dataclass(frozen=True, slots=True)
class PostgresArchive:
    """The schema `schema` of the server at `dsn`, read and written by the role of the same name."""

    source_id: str
    schema: str
    dsn: str = field(repr=False)
    backend: Literal["postgres"] = "postgres"

    @property
    def busy_errors(self) -> tuple[type[Exception], ...]:
        """See `Archive.busy_errors`."""
        return (psycopg.OperationalError, NotReadable, DiskRefused)

    def connect(self) -> Connection:
        """See `Archive.connect`."""
        connection = _connect(self._confined(), self.source_id)
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
            yield Transaction(connection, "postgres")

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See `Archive.reading`."""
        with told(f"source {self.source_id}"), closing(self.connect()) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.transaction():
                yield Transaction(connection, "postgres")

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
        options = f'{given} -c role={self.schema} -c search_path="{self.schema}" -c timezone=UTC'
        return make_conninfo(self.dsn, options=options.strip(), application_name="postroom")


def open_postgres(source_id: str, dsn: str, *, create: bool) -> PostgresArchive:
    """Open the archive of `source_id` at `dsn`; `create` makes schema, role and registry row.

    The user of `dsn` owns the tables; the source's role may read and write rows and nothing more.
    Raises `NotReadable` if the source is not there (without `create`), the server cannot be reached
    or refuses, or the archive is of a newer program.
    """
    archive = PostgresArchive(source_id, schema_name(source_id), dsn)
    with closing(_connect(dsn, source_id)) as connection:
        connection.autocommit = True
        try:
            if _is_current(connection, archive):
                return archive
            if not create:
                raise _no_such_source(source_id)
            with connection.transaction():
                _bring_up(connection, archive)
        except psycopg.errors.InsufficientPrivilege as error:
            raise _refused(archive, error) from error
    return archive


def postgres_sources(dsn: str) -> list[str]:
    """List the ids of every source in the registry at `dsn`, sorted."""
    with closing(_connect(dsn, "*")) as connection:
        if not _has_registry(connection):
            return []
        rows = connection.execute("SELECT source_id FROM public.source_registry").fetchall()
    return sorted(row["source_id"] for row in rows)


def _connect(conninfo: str, source_id: str) -> Connection:
    try:
        return Connection.connect(conninfo, row_factory=dict_row)
    except psycopg.OperationalError as error:
        # libpq's messages name host, user and database, never a password.
        raise Away(
            "PostgreSQL cannot be reached",
            where=f"source {source_id}",
            why=" ".join(str(error).split()),
            remedy="check the server and the DSN in the variable that --dsn env:NAME names",
        ) from error
    except psycopg.ProgrammingError as error:
        raise NotReadable(
            "this is no DSN of PostgreSQL",
            where=f"source {source_id}",
            why="libpq cannot parse it; it is not shown, since it may hold a password",
            remedy="postgresql://user@host:5432/database",
        ) from error


def _has_registry(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT to_regclass('public.source_registry') IS NOT NULL AS here"
    ).fetchone()
    return bool(row and row["here"])


def _is_current(connection: Connection, archive: PostgresArchive) -> bool:
    if not _has_registry(connection):
        return False
    found = connection.execute(
        "SELECT owner FROM public.source_registry WHERE source_id = %s", (archive.source_id,)
    ).fetchone()
    if found is None:
        return False
    return not pending(migrations("postgres"), _applied(connection, archive), archive.source_id)


def _applied(connection: Connection, archive: PostgresArchive) -> dict[int, str]:
    table = f"{quoted(archive.schema)}.schema_migrations"
    here = connection.execute("SELECT to_regclass(%s) IS NOT NULL AS here", (table,)).fetchone()
    if not (here and here["here"]):
        return {}
    query = sql.SQL("SELECT number, sha256 FROM {}.schema_migrations")
    rows = connection.execute(query.format(sql.Identifier(archive.schema))).fetchall()
    return {row["number"]: row["sha256"] for row in rows}


def _bring_up(connection: Connection, archive: PostgresArchive) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_SPACE,))
    connection.execute(_REGISTRY)
    _make_role(connection, archive.schema)
    name = sql.Identifier(archive.schema)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
    connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(name))
    connection.execute(_APPLIED)
    done = _applied(connection, archive)
    migrate(migrations("postgres"), done, archive.source_id, partial(_apply, connection))
    _grant(connection, name)
    connection.execute(
        "INSERT INTO public.source_registry (source_id, owner) VALUES (%s, 'postgres')"
        " ON CONFLICT (source_id) DO NOTHING",
        (archive.source_id,),
    )


def _make_role(connection: Connection, role: str) -> None:
    # Roles belong to the server, not to the database: another database may have made it already.
    found = connection.execute("SELECT 1 AS x FROM pg_roles WHERE rolname = %s", (role,))
    name = sql.Identifier(role)
    if found.fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))


def _grant(connection: Connection, name: sql.Identifier) -> None:
    # CREATE is for the staging tables of a load; the archive's own tables belong to the user of the
    # DSN.
    for statement in (
        "GRANT USAGE, CREATE ON SCHEMA {0} TO {0}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {0} TO {0}",
        "REVOKE INSERT, UPDATE, DELETE ON {0}.schema_migrations FROM {0}",
    ):
        connection.execute(sql.SQL(statement).format(name))


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
