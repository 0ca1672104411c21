"""The task `thread` on real mail."""

from __future__ import annotations

import pytest
from tests_support import corpus
from tests_support.ingests import register

from postroom.claim import claimed
from postroom.errors import ClaimHeld
from postroom.legacy.ingest import run as read
from postroom.progress import silent
from postroom.tasks import thread

ROWS = [row for row in corpus.each() if row.id.endswith(("__SampleOstFile.ost", "no-corpus"))]


@pytest.mark.parametrize("row", ROWS)
def test_threads_of_an_ingest_are_written_once_and_stay(row, archive, store):
    """Every mail has a thread, links agree with their mails, and a second run changes nothing."""
    pst_file_id = register(archive, store, corpus.path(row))
    before = None
    for _ in range(2):
        with claimed(archive, pst_file_id, "v1") as claim:
            if before is None:
                read(archive, store, pst_file_id, claim, silent)
            result = thread.run(archive, store, pst_file_id, claim, silent)
        with archive.transaction() as tx:
            mails = tx.rows(
                "SELECT id, thread_id, parent_message_id FROM email_messages ORDER BY 1"
            )
            links = tx.rows("SELECT * FROM email_thread_links ORDER BY id")
        assert before in (None, (mails, links))
        before = mails, links
    assert None not in {mail["thread_id"] for mail in mails}
    parents = {mail["id"]: mail["parent_message_id"] for mail in mails if mail["parent_message_id"]}
    assert parents == {link["email_id"]: link["parent_email_id"] for link in links}
    assert result.counts["links"] == len(links) > 0


@pytest.mark.parametrize("row", ROWS)
def test_threads_are_not_written_without_the_claim(row, archive, store):
    """A worker that was replaced writes no thread."""
    pst_file_id = register(archive, store, corpus.path(row))
    with claimed(archive, pst_file_id, "v1") as claim:
        read(archive, store, pst_file_id, claim, silent)
    with pytest.raises(ClaimHeld):
        thread.run(archive, store, pst_file_id, claim, silent)
    with archive.transaction() as tx:
        assert tx.value("SELECT count(thread_id) AS n FROM email_messages") == 0
