"""v1 as a Celery task, eager as it is by default."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from tests_support import corpus
from tests_support.ingests import register

from postroom.archive import open_archive
from postroom.claim import claimed
from postroom.errors import ClaimHeld
from postroom.legacy.task import app, ingest_v1
from postroom.store import FolderStore

ROWS = [row for row in corpus.each() if row.id.endswith(("variousBodyTypes.pst", "no-corpus"))]


@pytest.mark.parametrize("row", ROWS)
def test_the_task_reads_an_ingest_under_the_claim_that_it_was_sent(row, tmp_path: Path):
    """It names source, home and claim; one that comes after the claim was lost writes nothing."""
    archive = open_archive("acme", home=tmp_path, dsn=None)
    pst_file_id = register(archive, FolderStore(tmp_path / "store"), corpus.path(row))
    assert app.conf.task_always_eager
    with claimed(archive, pst_file_id, "v1") as claim:
        result = ingest_v1.delay("acme", str(tmp_path), asdict(claim)).get()
    assert result["counts"]["emails"] == int(row["pff_messages"])
    with pytest.raises(ClaimHeld):
        ingest_v1.delay("acme", str(tmp_path), asdict(claim))
