"""Short ways to fill and to read an archive in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from postroom.archive import Archive
from postroom.store import FolderStore

SHA256 = "0" * 64
NOW = "2026-11-20T12:34:56.123456Z"
TABLES = ("email_messages", "email_attachments", "ingest_errors")

_REGISTER = """INSERT INTO pst_files
    (id, project_id, file_name, s3_bucket, s3_key, sha256, progress, created_at)
    VALUES (:id, 'p', 'a.pst', 'local', 'k', :sha256, '{"phase": "load"}', :now)"""


def registered(archive: Archive) -> str:
    """Register an ingest of a source with digest `SHA256`; return its id."""
    pst_file_id = str(uuid4())
    with archive.transaction() as tx:
        tx.change(_REGISTER, id=pst_file_id, sha256=SHA256, now=NOW)
    return pst_file_id


def ingest_folder(store: FolderStore, pst_file_id: str) -> Path:
    """Name the folder of an ingest's outputs."""
    return store.path_for(f"pst-v2/{pst_file_id}")


def tables(archive: Archive) -> dict[str, list[Any]]:
    """Read every row that a load writes."""
    with archive.reading() as tx:
        return {name: tx.rows(f"SELECT * FROM {name} ORDER BY id") for name in TABLES}  # noqa: S608
