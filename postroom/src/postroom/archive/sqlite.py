"""The archive of a source in one SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from postroom.archive.fence import fence_of
from postroom.archive.migrate import Migration, migrate, migrations, pending
from postroom.archive.names import file_name
from postroom.archive.transaction import Transaction
from postroom.archive.trouble import told
from postroom.errors import DiskRefused, Fenced, NotReadable

if TYPE_CHECKING:
    import sqlalchemy

# A load holds the write lock to its end; another ingest of the same source waits for it.
BUSY_TIMEOUT_S: Final = 300.0

_APPLIED: Final = """CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    applied_at TEXT NOT NULL) STRICT"""


@dataclass(frozen=True, slots=True)
class SqliteArchive:
    """`path` is the file of the source `source_id`.

    With `is_shown` it is read though its fence is closed, and never written: that is how a file is
    read on the way to PostgreSQL, and while PostgreSQL is gone.
    """

    source_id: str
    path: Path
    is_shown: bool = False
    backend: Literal["sqlite"] = "sqlite"

    @property
    def busy_errors(self) -> tuple[type[Exception], ...]:
        """See `Archive.busy_errors`."""
        return (sqlite3.OperationalError, NotReadable, DiskRefused)

    def connect(self) -> sqlite3.Connection:
        """See `Archive.connect`."""
        connection = self._open()
        connection.row_factory = sqlite3.Row
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `Archive.transaction`."""
        with told(f"source {self.source_id}: {self.path}"), closing(self.connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                tx = Transaction(connection, "sqlite")
                self.admit(tx, writes=True)
                yield tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See `Archive.reading`."""
        with told(f"source {self.source_id}: {self.path}"), closing(self.connect()) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            with connection:
                tx = Transaction(connection, "sqlite")
                self.admit(tx, writes=False)
                yield tx

    def admit(self, tx: Transaction, *, writes: bool) -> None:
        """See `Archive.admit`."""
        fence = fence_of(tx.connection)
        if fence is None or fence.is_open or (self.is_shown and not writes):
            return
        raise Fenced(
            "this source does not live in its SQLite file now",
            where=f"source {self.source_id}: {self.path}",
            why=f"its fence was closed at epoch {fence.epoch}, on the way to PostgreSQL",
            remedy="postroom source status SOURCE says where it lives; postroom serve --registry"
            " follows it",
        )

    def sqlalchemy_engine(self) -> sqlalchemy.Engine:
        """See `Archive.sqlalchemy_engine`."""
        import sqlalchemy  # noqa: PLC0415  # a second to import, for v1 alone
        from sqlalchemy.pool import NullPool  # noqa: PLC0415

        return sqlalchemy.create_engine("sqlite://", creator=self._open, poolclass=NullPool)

    def dsn_for_parity(self) -> str:
        """See `Archive.dsn_for_parity`."""
        return f"sqlite:///{self.path.resolve()}"

    def _open(self) -> sqlite3.Connection:
        # A URI with mode=rw never makes a file: only `open_sqlite` may.
        uri = f"{self.path.resolve().as_uri()}?mode=rw"
        try:
            connection = sqlite3.connect(
                uri,
                uri=True,
                timeout=BUSY_TIMEOUT_S,
                isolation_level="IMMEDIATE",
                check_same_thread=False,
            )
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA recursive_triggers = ON")
        except sqlite3.Error as error:
            raise _unreadable(self.source_id, self.path, str(error)) from error
        return connection


def open_sqlite(source_id: str, home: Path, *, create: bool) -> SqliteArchive:
    """Open the archive of `source_id` under `home`; made and migrated if `create`.

    Raises `NotReadable` if it is not there (without `create`), is no SQLite file or is of a newer
    program; `DiskRefused` if the file cannot be made.
    """
    archive = SqliteArchive(source_id, home / "sources" / file_name(source_id))
    if create:
        _make_file(archive.path)
    elif not archive.path.exists():
        raise NotReadable(
            "there is no such source",
            where=f"source {source_id}: {archive.path}",
            why="no ingest has made it",
            remedy="postroom ingest FILE --source ID makes it; --home or POSTROOM_HOME may differ",
        )
    try:
        _bring_up(archive)
    except sqlite3.Error as error:
        raise _unreadable(source_id, archive.path, str(error)) from error
    return archive


def sqlite_sources(home: Path) -> list[str]:
    """List the ids of every source that has a file under `home`, sorted."""
    files = (home / "sources").glob("src_*.sqlite")
    spelled = (path.name.removeprefix("src_").removesuffix(".sqlite") for path in files)
    return sorted(_unspelled(name) for name in spelled)


def _unspelled(name: str) -> str:
    first, *rest = name.split("+")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Privileged mail: the file is readable for its owner alone from the first byte on.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DiskRefused(
            "the archive cannot be made",
            where=str(path),
            why=error.strerror or str(error),
            remedy="choose another place with --home or POSTROOM_HOME",
        ) from error


def _bring_up(archive: SqliteArchive) -> None:
    known = migrations("sqlite")
    with closing(archive.connect()) as connection:
        if not pending(known, _applied(connection), archive.source_id):
            return
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            connection.execute(_APPLIED)
            done = _applied(connection)
            migrate(known, done, archive.source_id, lambda m: _apply(connection, m))


def _applied(connection: sqlite3.Connection) -> dict[int, str]:
    here = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"
    if connection.execute(here).fetchone() is None:
        return {}
    rows = connection.execute("SELECT number, sha256 FROM schema_migrations").fetchall()
    return {row["number"]: row["sha256"] for row in rows}


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    # executescript would commit first; one statement at a time stays in our transaction.
    for statement in statements(migration.sql):
        connection.execute(statement)
    now = datetime.now(UTC).isoformat()
    row = (migration.number, migration.name, migration.sha256, now)
    connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)", row)


def statements(sql: str) -> Iterator[str]:
    """Yield each statement of a script; each ends a line."""
    gathered = ""
    for line in sql.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""


def _unreadable(source_id: str, path: Path, why: str) -> NotReadable:
    return NotReadable(
        "the archive cannot be opened",
        where=f"source {source_id}: {path}",
        why=why,
        remedy="check that the file is a Postroom archive and may be read and written",
    )
