"""What a SQLite file may hold and PostgreSQL refuses, or would change without a word."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests_support.api_mails import fill

from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.move.precheck import Fault, precheck
from postroom.progress import silent
from postroom.store import FolderStore

FAULTS = {
    "nothing": "UPDATE item_notes SET body = 'ä\\\\ \t \n', updated_at = '2024-02-29T00:00:00Z'",
    "a NUL byte": "UPDATE item_notes SET body = 'a' || char(0)",
    "no UTF-8": "UPDATE item_notes SET body = CAST(x'61ff' AS TEXT)",
    "another spelling of an id": "UPDATE item_notes SET id = upper(id)",
    "no boolean": "UPDATE item_notes SET pinned = 2",
    "no moment": "UPDATE item_notes SET updated_at = '2026-02-30T00:00:00Z'",
    "no JSON": "UPDATE item_meta SET value = '{'",
    "no room": "UPDATE email_attachments SET method = 3000000000 WHERE attachment_index = 0",
    "too exact": """INSERT INTO email_thread_links
        SELECT lower(hex(randomblob(4))) || '-0000-4000-8000-000000000000', pst_file_id, id, id,
        'm', 0.1234567890123 FROM email_messages LIMIT 1""",
    "half a reference": """INSERT INTO item_notes SELECT '00000000-0000-4000-8000-000000000000',
        '00000000-0000-4000-8000-000000000001', 'a', 'b', 0, created_at, created_at FROM item_notes
        LIMIT 1""",
}


@pytest.fixture
def archive(tmp_path: Path) -> SqliteArchive:
    """A file with a few rows in every table that a fault is made in."""
    made = open_sqlite("acme", tmp_path, create=True)
    fill(made, FolderStore(tmp_path / "store"))
    return made


def faults(archive: SqliteArchive) -> list[Fault]:
    """What is found."""
    with closing(archive.connect()) as connection:
        connection.isolation_level = None
        connection.row_factory = None
        return precheck(connection, silent)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_its_row_named(archive: SqliteArchive, fault: str) -> None:
    """One row, by its key; a file without a fault has none."""
    with closing(sqlite3.connect(archive.path)) as connection, connection:
        connection.execute(FAULTS[fault])
    found = faults(archive)
    if fault == "nothing":
        assert found == []
        return
    assert [(one.rows, len(one.keys)) for one in found] == [(1, 1)]
