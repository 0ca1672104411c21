"""What a source's connections may do, and what they are told to do."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests_support import postgres
from tests_support.archives import registered

from postroom.archive import Archive, open_archive
from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.errors import DiskRefused, Fenced, NotReadable


@pytest.fixture
def in_postgres(source_id: str, tmp_path: Path, postgres_dsn: str) -> Archive:
    """An archive in PostgreSQL."""
    return open_archive(source_id, home=tmp_path, dsn=postgres_dsn)


@pytest.fixture
def in_sqlite(source_id: str, tmp_path: Path) -> SqliteArchive:
    """An archive in SQLite."""
    return open_sqlite(source_id, tmp_path, create=True)


def test_the_registry_names_owner_epoch_and_generation(
    in_postgres: Archive, postgres_dsn: str
) -> None:
    """A source that began in PostgreSQL is owned by it, at the first epoch."""
    query = "SELECT owner, epoch, generation FROM public.source_registry WHERE source_id = %s"
    with psycopg.connect(postgres_dsn) as connection:
        row = connection.execute(query, (in_postgres.source_id,)).fetchone()
    assert row == ("postgres", 1, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE pst_files",
        "ALTER TABLE pst_files ADD COLUMN x text",
        "TRUNCATE pst_files",
        "DELETE FROM schema_migrations",
        "SELECT * FROM public.source_registry",
    ],
)
def test_the_role_of_a_source_writes_rows_and_nothing_more(
    statement: str, in_postgres: Archive
) -> None:
    """The tables belong to who made the source: what a fence revokes stays revoked."""
    with pytest.raises(Fenced) as caught, in_postgres.transaction() as tx:
        tx.connection.execute(statement)
    assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_a_connection_to_sqlite_holds_foreign_keys_and_fires_triggers(
    in_sqlite: SqliteArchive,
) -> None:
    """REPLACE deletes without DELETE triggers unless recursive triggers are on."""
    with closing(in_sqlite.connect()) as connection:
        on = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("foreign_keys", "recursive_triggers", "journal_mode")
        ]
    assert on == [1, 1, "wal"]


def test_a_sqlite_file_is_readable_for_its_owner_alone(in_sqlite: SqliteArchive) -> None:
    """This is privileged mail."""
    assert in_sqlite.path.stat().st_mode & 0o077 == 0


def test_a_reader_waits_for_no_writer(archive: Archive) -> None:
    """`status` answers while a load holds its transaction, with what was committed."""
    pst_file_id = registered(archive)
    with archive.transaction() as writer:
        writer.change("UPDATE pst_files SET case_id = 'c'")
        with archive.reading() as reader:
            assert reader.row("SELECT id, case_id FROM pst_files") == {
                "id": pst_file_id,
                "case_id": None,
            }


def test_a_reader_cannot_write(archive: Archive) -> None:
    """A transaction that says it only reads is held to that."""
    registered(archive)
    refused = pytest.raises((psycopg.errors.ReadOnlySqlTransaction, DiskRefused))
    with refused, archive.reading() as tx:
        tx.change("UPDATE pst_files SET case_id = 'c'")


def test_others_find_the_tables_by_the_dsn(archive: Archive) -> None:
    """`dsn_for_parity` is enough for a reader that knows nothing of Postroom."""
    pst_file_id = registered(archive)
    dsn, query = archive.dsn_for_parity(), "SELECT id FROM pst_files"
    if archive.backend == "sqlite":
        with closing(sqlite3.connect(dsn.removeprefix("sqlite:///"))) as file:
            found = file.execute(query).fetchone()
    else:
        with psycopg.connect(dsn) as connection:
            found = connection.execute(query).fetchone()
    assert str(found[0]) == pst_file_id


@pytest.fixture
def users(postgres_server: str) -> Iterator[tuple[str, str]]:
    """DSNs of a new database: its owner's, and one of a user with the default rights alone."""
    name = f"user_{secrets.token_hex(4)}"
    with (
        postgres.database(postgres_server) as dsn,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        connection.execute(f"CREATE ROLE {name} LOGIN")
        yield dsn, make_conninfo(dsn, user=name)


def test_a_user_without_the_rights_is_told_which(
    users: tuple[str, str], source_id: str, tmp_path: Path
) -> None:
    """The error says what the first ingest needs, also where others have a registry."""
    owner, plain = users
    with pytest.raises(NotReadable, match="CREATEROLE"):
        open_archive(source_id, home=tmp_path, dsn=plain)
    open_archive(f"{source_id}x", home=tmp_path, dsn=owner)
    with pytest.raises(NotReadable, match="CREATEROLE"):
        open_archive(source_id, home=tmp_path, dsn=plain)


def test_no_superuser_is_needed(users: tuple[str, str], source_id: str, tmp_path: Path) -> None:
    """CREATEROLE and CREATE on the database and on `public` are enough."""
    owner, plain = users
    name = conninfo_to_dict(plain)["user"]
    with psycopg.connect(owner) as connection:
        database = connection.info.dbname
        connection.execute(f"ALTER ROLE {name} CREATEROLE")
        connection.execute(f'GRANT CREATE ON DATABASE "{database}" TO {name}')
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {name}")
    archive = open_archive(source_id, home=tmp_path, dsn=plain)
    assert registered(archive)


def test_a_server_that_is_not_there_is_named_without_its_password(
    source_id: str, tmp_path: Path
) -> None:
    """The error says which server, never the secret."""
    dsn = f"postgresql://u:hunter2@/d?host={tmp_path}"
    with pytest.raises(NotReadable, match="cannot be reached") as caught:
        open_archive(source_id, home=tmp_path, dsn=dsn)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.__cause__)
