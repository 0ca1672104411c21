"""A database that cannot is an error for people, and what was reported before stays true."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from tests_support.archives import ingest_folder, registered, tables
from tests_support.outputs import plausible

from postroom import ingest as ingests
from postroom.archive import Archive, Transaction, open_archive
from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.claim import take
from postroom.errors import DiskRefused, NotReadable
from postroom.ingest import process, read_ingest, read_ingests
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import load


@pytest.fixture
def sqlite_archive(tmp_path: Path, source_id: str) -> SqliteArchive:
    """An archive in a file."""
    return open_sqlite(source_id, tmp_path, create=True)


def test_a_full_disk_stops_a_load_and_leaves_nothing(
    sqlite_archive: SqliteArchive, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 6 with what helps; once there is room the same load succeeds."""
    pst_file_id = registered(sqlite_archive)
    plausible(pst_file_id, 300).write(ingest_folder(store, pst_file_id))
    claim = take(sqlite_archive, pst_file_id, "v2")
    connect = SqliteArchive.connect

    def nearly_full(self: SqliteArchive) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute("PRAGMA max_page_count = 60")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(SqliteArchive, "connect", nearly_full)
        with pytest.raises(DiskRefused, match="make room"):
            load.run(sqlite_archive, store, pst_file_id, claim, silent)
    assert tables(sqlite_archive)["email_messages"] == []
    load.run(sqlite_archive, store, pst_file_id, claim, silent)
    assert len(tables(sqlite_archive)["email_messages"]) == 300


def test_a_damaged_archive_is_named(sqlite_archive: SqliteArchive) -> None:
    """A file that is no database any more is not taken for an empty one."""
    for path in sqlite_archive.path.parent.iterdir():
        path.write_bytes(b"garbage" * 5000)
    with pytest.raises(NotReadable, match=r"cannot be opened|damaged"):
        open_sqlite(sqlite_archive.source_id, sqlite_archive.path.parents[1], create=False)
    with pytest.raises(NotReadable):
        read_ingests(sqlite_archive)


def test_a_server_that_goes_away_in_a_load_leaves_nothing(
    source_id: str,
    tmp_path: Path,
    store: FolderStore,
    postgres_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The connection is lost after the rows were copied: the load can simply be repeated."""
    archive = open_archive(source_id, home=tmp_path, dsn=postgres_dsn)
    pst_file_id = registered(archive)
    plausible(pst_file_id, 3).write(ingest_folder(store, pst_file_id))
    claim = take(archive, pst_file_id, "v2")

    def cut_off(tx: Transaction, *_: object) -> int:
        pid = tx.value("SELECT pg_backend_pid() AS pid")
        with psycopg.connect(postgres_dsn) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        return int(tx.value("SELECT 1 AS x"))

    with monkeypatch.context() as patch:
        patch.setattr(load, "load_errors", cut_off)
        with pytest.raises(NotReadable, match="went away"):
            load.run(archive, store, pst_file_id, claim, silent)
    assert tables(archive)["email_messages"] == []
    assert load.run(archive, store, pst_file_id, claim, silent).counts["emails"] == 3


def test_an_ingest_that_lost_its_worker_is_stalled(
    archive: Archive, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`processing` with nobody at it is not reported as progress."""
    pst_file_id = registered(archive)

    def killed(_name: str) -> None:
        with archive.transaction() as tx:  # as if this process had been killed a while ago
            tx.change(
                "UPDATE pst_files SET claim_owner = 'gone', claim_lease_until = :t", t=LONG_AGO
            )
        raise NotReadable("x")

    monkeypatch.setattr(ingests, "task", killed)
    with pytest.raises(NotReadable):
        process(archive, store, pst_file_id, "v2", silent)
    seen = read_ingest(archive, pst_file_id)
    assert (seen.processing_status, seen.is_stalled) == ("processing", True)


LONG_AGO = "2026-01-01T00:00:00Z"
