"""An ingest as an upload would have registered it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from postroom.archive import Archive
from postroom.store import FolderStore

_INSERT = """INSERT INTO pst_files (id, project_id, file_name, s3_bucket, s3_key, created_at)
    VALUES (:id, 'p', :name, 'local', :key, '2026-11-20T00:00:00Z')"""


def register(archive: Archive, store: FolderStore, pst: Path) -> str:
    """Put a PST into the store and its row into the archive; hand back the id of the ingest."""
    pst_file_id = str(uuid4())
    key = f"project_p/pst/{pst_file_id}/{pst.name}"
    store.put_file(pst, key)
    with archive.transaction() as tx:
        tx.change(_INSERT, id=pst_file_id, name=pst.name, key=key)
    return pst_file_id
