"""The same PST, loaded into SQLite and into PostgreSQL, gives the same rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests_support.archives import tables

from postroom.archive import Archive, open_archive
from postroom.ingest import register, run_task
from postroom.progress import silent
from postroom.store import FolderStore

SYNTH = Path(sys.executable).parent / "pst-synth"

# The ingest's row as the other archive gets it: the id is in every id of its rows.
COPY = """INSERT INTO pst_files
    (id, project_id, file_name, s3_bucket, s3_key, size_bytes, sha256, engine, created_at)
    VALUES (:id, :project_id, :file_name, :s3_bucket, :s3_key, :size_bytes, :sha256, :engine,
    :created_at)"""


def loaded(archives: list[Archive], store: FolderStore, path: Path) -> None:
    """Extract once, load into each archive."""
    first, *others = archives
    pst_file_id = register(path, "v2", first, store, "p", None)
    run_task(first, store, pst_file_id, "extract", silent)
    with first.reading() as tx:
        row = tx.row("SELECT * FROM pst_files WHERE id = :id", id=pst_file_id)
    assert row is not None
    for other in others:
        with other.transaction() as tx:
            tx.change(COPY, **row)
    for archive in archives:
        run_task(archive, store, pst_file_id, "load", silent)


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Booleans as numbers, moments to the second: the FILETIME beside them is exact."""
    return {name: _plain(name, value) for name, value in row.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return value[:19] if name.endswith("_utc") and value else value


@pytest.mark.parametrize("profile", ["small", "unicode", "family", "deep"])
def test_both_archives_hold_the_same_rows(
    profile: str, source_id: str, store: FolderStore, postgres_dsn: str, tmp_path: Path
) -> None:
    """NULL and the empty string, JSON, bodies of every script: no column differs."""
    path = tmp_path / f"{profile}.pst"
    command = [SYNTH, profile, "--mails", "25", "--out", path]
    subprocess.run(command, check=True, capture_output=True)
    archives = [open_archive(source_id, home=tmp_path, dsn=dsn) for dsn in (None, postgres_dsn)]
    loaded(archives, store, path)
    ours, theirs = (tables(archive) for archive in archives)
    assert len(ours["email_messages"]) >= 25
    for name, rows in ours.items():
        assert list(map(comparable, rows)) == list(map(comparable, theirs[name]))
