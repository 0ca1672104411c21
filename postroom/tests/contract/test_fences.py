"""Both stores of a source hold off who comes while the source lives in the other one."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from postroom.archive import open_archive
from postroom.archive.fence import build_fence, close_fence, fence_of, open_fence
from postroom.archive.grants import close_schema
from postroom.archive.placement import Placement
from postroom.archive.postgres import PostgresArchive, open_postgres
from postroom.archive.source_registry import compare_and_set, placement_of
from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.errors import Fenced

_COUNT = "SELECT count(*) FROM item_notes"
_KEEP = (
    "INSERT INTO idempotency_keys (key, request_sha256, created_at)"
    " VALUES (:key, 'x', '2026-11-21T00:00:00Z')"
)


def test_a_closed_file_is_neither_read_nor_written_but_shown_on_request(tmp_path: Path) -> None:
    """Who does not know of the registry is told so; a file without a fence is as ever."""
    archive = open_sqlite("acme", tmp_path, create=True)
    with archive.transaction() as tx:
        assert tx.value(_COUNT) == 0
    _close(archive, 2)
    for begin in (archive.transaction, archive.reading):
        with pytest.raises(Fenced, match="does not live in its SQLite file"), begin():
            pass
    shown = replace(archive, is_shown=True)
    with shown.reading() as tx:
        assert tx.value(_COUNT) == 0
    with pytest.raises(Fenced), shown.transaction():
        pass


def test_a_fence_obeys_only_later_epochs(tmp_path: Path) -> None:
    """A mover that slept cannot close what was opened after it, nor open what was closed."""
    archive = open_sqlite("acme", tmp_path, create=True)
    _close(archive, 4)
    with closing(archive.connect()) as connection:
        assert not open_fence(connection, 4)
        assert open_fence(connection, 5)
        assert not close_fence(connection, 4)
        found = fence_of(connection)
    assert found is not None
    assert found.is_open
    assert found.epoch == 5


def test_a_schema_follows_the_registry(postgres_dsn: str, tmp_path: Path) -> None:
    """Reads end when the source has left, writes when it begins to; a service is told both."""
    archive = open_postgres("acme", postgres_dsn, create=True)
    with psycopg.connect(postgres_dsn, row_factory=dict_row) as connection:
        _becomes(connection, Placement.withdraw)
    with archive.reading() as tx:
        assert tx.value(_COUNT) == 0
    with pytest.raises(Fenced, match="does not live in PostgreSQL"), archive.transaction():
        pass
    with psycopg.connect(postgres_dsn, row_factory=dict_row) as connection:
        _becomes(connection, Placement.give_back)
    with pytest.raises(Fenced), archive.reading():
        pass
    with pytest.raises(Fenced):
        open_archive("acme", home=tmp_path, dsn=postgres_dsn)
    with replace(archive, is_shown=True).reading() as tx:
        assert tx.value(_COUNT) == 0


def test_a_write_that_has_begun_is_stopped_by_the_role(postgres_dsn: str) -> None:
    """Who was let in before the schema was closed learns it from the server."""
    archive = open_postgres("begun", postgres_dsn, create=True)
    with pytest.raises(Fenced, match="takes no writes here"), archive.transaction() as tx:
        _closed_meanwhile(postgres_dsn, archive)
        tx.change(_KEEP, key="k")


def _closed_meanwhile(dsn: str, archive: PostgresArchive) -> None:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        close_schema(connection, archive.schema, archive.role)


def _close(archive: SqliteArchive, epoch: int) -> None:
    with closing(archive.connect()) as connection, connection:
        build_fence(connection, 1)
        assert close_fence(connection, epoch)
        assert not close_fence(connection, epoch)


def _becomes(connection: psycopg.Connection[dict[str, object]], change: object) -> None:
    before = placement_of(connection, "acme")
    assert before is not None
    assert callable(change)
    assert compare_and_set(connection, "acme", before, change(before))
    assert not compare_and_set(connection, "acme", before, change(before))
