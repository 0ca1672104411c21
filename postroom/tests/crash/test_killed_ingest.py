"""An ingest that is killed goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import killed_ingest
from tests_support.archives import tables

from postroom import ingest
from postroom.archive import Archive
from postroom.ingest import process, read_ingest, register, resume
from postroom.progress import silent
from postroom.store import FolderStore

ROOT = Path(__file__).parents[3]
SYNTH = Path(sys.executable).parent / "pst-synth"


@pytest.fixture(scope="module")
def pst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PST with attachments and embedded messages."""
    path = tmp_path_factory.mktemp("pst") / "family.pst"
    command = [SYNTH, "family", "--mails", "12", "--out", path]
    subprocess.run(command, check=True, capture_output=True)
    return path


def content(archive: Archive, pst_file_id: str) -> dict[str, list]:
    """What the tables hold of an ingest, without the ids that are its own."""
    return {
        name: sorted(
            (row["node_path"], row.get("content_hash"), row.get("attachment_hash"))
            for row in rows
            if row["pst_file_id"] == pst_file_id
        )
        for name, rows in tables(archive).items()
    }


@pytest.mark.parametrize("moment", killed_ingest.MOMENTS)
def test_a_killed_ingest_is_resumed_to_the_same_end(
    moment: str,
    archive: Archive,
    store: FolderStore,
    pst: Path,
    backend_dsn: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever a dead worker left, the next attempt equals an ingest that was never disturbed."""
    killed = register(pst, "v2", archive, store, "p", None)
    arguments = [moment, archive.source_id, str(tmp_path), backend_dsn or "", killed]
    command = [sys.executable, "-m", killed_ingest.__name__, *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert read_ingest(archive, killed).processing_status == "processing"
    if moment == "while the outputs are moved":
        assert not store.exists(f"pst-v2/{killed}/manifest.json")

    monkeypatch.setattr(ingest, "task", killed_ingest.task)
    done = resume(archive, store, killed, silent, "v2")
    assert (done.processing_status, done.claim_attempt) == ("completed", 2)
    undisturbed = process(
        archive, store, register(pst, "v2", archive, store, "p", None), "v2", silent
    )
    assert content(archive, killed) == content(archive, undisturbed.id)
    assert done.total_emails == undisturbed.total_emails
    left = {path.name for path in store.path_for("pst-v2").iterdir()}
    assert left == {killed, undisturbed.id}
