"""Messages that no folder shows: what v1 and the extractor each make of them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support.ingests import register
from tests_support.node_table import change, last_message

from postroom.archive import open_archive
from postroom.claim import claimed
from postroom.legacy.ingest import run
from postroom.progress import silent
from postroom.store import FolderStore

PROGRAMS = Path(sys.executable).parent
NO_FOLDER = 0x9FE2


def read(pst: Path, home: Path):
    """By v1: messages and errors; by v2: messages."""
    archive, store = open_archive("lost", home=home, dsn=None), FolderStore(home / "store")
    ingest_id = register(archive, store, pst)
    with claimed(archive, ingest_id, "v1") as claim:
        run(archive, store, ingest_id, claim, silent)
    with archive.transaction() as tx:
        mails = {row["node_path"]: row for row in tx.rows("SELECT * FROM email_messages")}
        errors = tx.rows("SELECT kind, folder_nid, folder_index FROM ingest_errors")
    command = [PROGRAMS / "pst-extract", pst, "--out", home / "out", "--ingest-id", ingest_id]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 5
    with gzip.open(home / "out" / "emails.ndjson.gz", "rt", encoding="utf-8") as lines:
        found = {row["node_path"]: row for row in map(json.loads, lines)}
    return mails, errors, found


@pytest.mark.parametrize("origin", ["orphan", "not_in_table"])
def test_a_message_that_left_its_folder_is_not_lost(origin, tmp_path):
    """v2 reads it with its origin; v1 reads orphans the same way and says which row it lost."""
    pst = tmp_path / "a.pst"
    command = [PROGRAMS / "pst-synth", "small", "--mails", "12", "--out", pst]
    subprocess.run(command, check=True, capture_output=True)
    stored = bytearray(pst.read_bytes())
    moved = last_message(stored)
    change(stored, moved, moved.nid + 0x20, NO_FOLDER if origin == "orphan" else moved.parent)
    pst.write_bytes(stored)
    path, before = f"{moved.nid + 0x20:x}", f"{moved.nid:x}"
    mails, errors, found = read(pst, tmp_path)
    assert len(found) == 12
    assert (found[path]["origin"], before in found) == (origin, False)
    assert ("message", moved.parent) in {(of["kind"], of["folder_nid"]) for of in errors}
    if origin == "orphan":
        names = ("id", "origin", "pst_message_path", "folder_nid", "content_hash", "record_hash")
        assert [mails[path][name] for name in names] == [found[path][name] for name in names]
    else:
        assert path not in mails
