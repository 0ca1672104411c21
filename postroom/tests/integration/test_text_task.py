"""The task `text` on real attachments."""

from __future__ import annotations

import pytest
from tests_support import corpus
from tests_support.ingests import register

from postroom.claim import claimed
from postroom.errors import ClaimHeld
from postroom.legacy.ingest import run as read
from postroom.progress import silent
from postroom.tasks import text

ROWS = [row for row in corpus.each() if row.id.endswith(("NET__Test.pst", "no-corpus"))]
DOCUMENTS = """SELECT d.id, d.status, d.text_excerpt, d.error_message, d.updated_at, a.file_name
    FROM documents d JOIN email_attachments a ON a.id = d.attachment_id
    WHERE d.pst_file_id = :id ORDER BY d.id"""


def documents(archive, pst_file_id):
    with archive.transaction() as tx:
        return tx.rows(DOCUMENTS, id=pst_file_id)


def ingested(archive, store, row):
    pst_file_id = register(archive, store, corpus.path(row))
    with claimed(archive, pst_file_id, "v1") as claim:
        read(archive, store, pst_file_id, claim, silent)
    return pst_file_id


def run(archive, store, pst_file_id):
    with claimed(archive, pst_file_id, "v1") as claim:
        return text.run(archive, store, pst_file_id, claim, silent)


@pytest.mark.parametrize("row", ROWS)
def test_each_attachment_by_value_is_a_document_that_is_ready_or_says_why_not(row, archive, store):
    """Documents have text or a reason, and a second run changes nothing."""
    pst_file_id = ingested(archive, store, row)
    result = run(archive, store, pst_file_id)
    found = documents(archive, pst_file_id)
    with archive.transaction() as tx:
        by_value = tx.value("SELECT count(*) AS n FROM email_attachments WHERE method = 1")
    assert len(found) == by_value == result.counts["documents"] > 0
    by_name = {of["file_name"]: of for of in found}
    assert by_name["Polar.txt"]["status"] == "READY"
    assert "TWA" in by_name["Polar.txt"]["text_excerpt"]
    assert "<profile version" in by_name["profile.prx"]["text_excerpt"]  # UTF-16, of no known name
    assert result.item_errors == result.counts["failed"] - result.counts["without_extractor"] == 0
    run(archive, store, pst_file_id)
    assert documents(archive, pst_file_id) == found


@pytest.mark.parametrize("row", ROWS)
def test_the_same_content_is_read_once_in_a_home(row, archive, store):
    """A second ingest of the same mail takes its texts from the first."""
    first, second = ingested(archive, store, row), ingested(archive, store, row)
    read_first, read_second = run(archive, store, first), run(archive, store, second)
    assert read_first.metrics["contents_cached"] == 0
    assert read_second.metrics["contents_cached"] == read_second.metrics["contents"] > 0
    texts = [[of["text_excerpt"] for of in documents(archive, one)] for one in (first, second)]
    assert sorted(texts[0], key=str) == sorted(texts[1], key=str)


@pytest.mark.parametrize("row", ROWS)
def test_a_content_that_left_the_store_fails_with_a_reason_and_recovers(row, archive, store):
    """What could not be read is tried again when the task runs again."""
    pst_file_id = ingested(archive, store, row)
    with archive.transaction() as tx:
        key = tx.value("SELECT s3_key FROM email_attachments WHERE file_name = 'Polar.txt'")
    path = store.path_for(key)
    path.rename(path.with_suffix(".away"))
    run(archive, store, pst_file_id)
    gone = {of["file_name"]: of for of in documents(archive, pst_file_id)}["Polar.txt"]
    assert gone["status"] == "FAILED"
    assert "No such file" in gone["error_message"]
    path.with_suffix(".away").rename(path)
    run(archive, store, pst_file_id)
    back = {of["file_name"]: of for of in documents(archive, pst_file_id)}["Polar.txt"]
    assert (back["status"], back["error_message"]) == ("READY", None)


@pytest.mark.parametrize("row", ROWS)
def test_documents_are_not_written_without_the_claim(row, archive, store):
    """A worker that was replaced adds no document."""
    pst_file_id = ingested(archive, store, row)
    with claimed(archive, pst_file_id, "v1") as claim:
        pass
    with pytest.raises(ClaimHeld):
        text.run(archive, store, pst_file_id, claim, silent)
    assert documents(archive, pst_file_id) == []
