"""A load that is killed leaves nothing half-done, and the next one finishes it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import killed_load
from tests_support.archives import ingest_folder, registered, tables
from tests_support.outputs import plausible

from postroom.archive import Archive
from postroom.claim import take
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import load

ROOT = Path(__file__).parents[3]


@pytest.fixture
def ingest_id(archive: Archive, store: FolderStore) -> str:
    """An ingest with outputs of several pieces, so that a load has a middle."""
    pst_file_id = registered(archive)
    made = plausible(pst_file_id, 100, attachments_per_mail=4)
    made.errors.append({"kind": "crc", "reason": "r"})
    made.write(ingest_folder(store, pst_file_id))
    return pst_file_id


def kill_at(moment: str, archive: Archive, home: Path, dsn: str | None, ingest_id: str) -> None:
    arguments = [moment, archive.source_id, str(home), dsn or "", ingest_id]
    command = [sys.executable, "-m", killed_load.__name__, *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.parametrize("moment", killed_load.MOMENTS)
def test_a_killed_load_leaves_nothing_and_can_be_repeated(
    moment: str,
    archive: Archive,
    store: FolderStore,
    ingest_id: str,
    backend_dsn: str | None,
    tmp_path: Path,
) -> None:
    """Until the commit there is no row; a dead process's claim is free at once."""
    kill_at(moment, archive, tmp_path, backend_dsn, ingest_id)
    assert all(rows == [] for rows in tables(archive).values())
    claim = take(archive, ingest_id, "v2")
    load.run(archive, store, ingest_id, claim, silent)
    counts = {name: len(rows) for name, rows in tables(archive).items()}
    assert counts == {"email_messages": 100, "email_attachments": 400, "ingest_errors": 1}
    assert staging_tables(archive) == []


def test_a_load_killed_after_its_commit_is_whole(
    archive: Archive,
    store: FolderStore,
    ingest_id: str,
    backend_dsn: str | None,
    tmp_path: Path,
) -> None:
    """A commit that the client never heard of counts, and a second load changes nothing of it."""
    kill_at(killed_load.AFTER_THE_COMMIT, archive, tmp_path, backend_dsn, ingest_id)
    before = tables(archive)
    assert len(before["email_messages"]) == 100
    load.run(archive, store, ingest_id, take(archive, ingest_id, "v2"), silent)
    assert tables(archive) == before


def staging_tables(archive: Archive) -> list[str]:
    if archive.backend == "sqlite":
        return []
    with archive.reading() as tx:
        return tx.rows("SELECT relname FROM pg_class WHERE relname LIKE 'staged%'")
