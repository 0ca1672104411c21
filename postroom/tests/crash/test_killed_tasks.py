"""A task that is killed leaves nothing half-done, and the next run finishes it."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import killed_task
from tests_support.mails import attachment, begin_ingest, insert, mail

from postroom.claim import claimed
from postroom.progress import silent
from postroom.search import SearchQuery, search
from postroom.tasks import dedupe, index, text, thread

ROOT = Path(__file__).parents[3]
LINKS = "SELECT email_id, parent_email_id, method FROM email_thread_links ORDER BY email_id"
PLACES = "SELECT id, thread_id, parent_message_id FROM email_messages ORDER BY pst_nid"
DECISIONS = "SELECT email_id, kept_email_id, tier FROM email_dedupe_decisions ORDER BY email_id"
INDEXED = "SELECT pst_file_id FROM search_ingests"
DOCUMENTS = "SELECT id, status, text_excerpt, updated_at FROM documents ORDER BY id"


@pytest.fixture
def kill(archive, backend_dsn, tmp_path):
    def run(name: str, phase: str, least: int, pst_file_id: str) -> None:
        arguments = [name, phase, str(least), archive.source_id, str(tmp_path), backend_dsn or ""]
        command = [sys.executable, "-m", killed_task.__name__, *arguments, pst_file_id]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == -signal.SIGKILL, ended.stderr

    return run


@pytest.fixture
def ingest(archive, store):
    """450 mails that each answer the one before, each with a text of its own."""
    claim = begin_ingest(archive)
    claim.release(archive)
    mails, attachments = [], []
    for n in range(450):
        known = {"message_id": f"<{n}@a>", "in_reply_to": f"<{n - 1}@a>", "sent_filetime": n + 1}
        mails.append(mail(claim.pst_file_id, n + 1, **known))
        data = f"text {n}".encode()
        digest = hashlib.sha256(data).hexdigest()
        path = store.path_for(f"objects/{digest}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        stored = {"attachment_hash": digest, "s3_key": f"objects/{digest}"}
        attachments.append(attachment(mails[-1], 1, file_name="a.txt", **stored))
    with archive.transaction() as tx:
        insert(tx, "email_messages", mails)
        insert(tx, "email_attachments", attachments)
    return claim.pst_file_id


def rows(archive, sql: str):
    with archive.transaction() as tx:
        return tx.rows(sql)


@pytest.mark.parametrize(
    ("phase", "least"), [("read", 20), ("links", 20), ("threads", 20), ("commit", 0)]
)
def test_a_killed_thread_leaves_nothing_and_can_be_repeated(
    phase, least, archive, store, ingest, kill
):
    """Links and places appear together or not at all; a dead process's claim is free at once."""
    kill("thread", phase, least, ingest)
    assert rows(archive, LINKS) == []
    assert {row["thread_id"] for row in rows(archive, PLACES)} == {None}
    with claimed(archive, ingest, "v2") as claim:
        thread.run(archive, store, ingest, claim, silent)
    assert len(rows(archive, LINKS)) == 449
    assert len({row["thread_id"] for row in rows(archive, PLACES)}) == 1


def test_a_killed_text_keeps_what_was_read_and_goes_on(archive, store, ingest, kill):
    """What was written stays as it is, the rest is still NEW, and the next run reads only that."""
    kill("text", "text", text.BATCH_CONTENTS + 50, ingest)
    found = rows(archive, DOCUMENTS)
    before = {row["id"]: row for row in found if row["status"] == "READY"}
    assert len(before) == text.BATCH_CONTENTS
    assert {row["status"] for row in found} == {"NEW", "READY"}
    with claimed(archive, ingest, "v2") as claim:
        result = text.run(archive, store, ingest, claim, silent)
    after = {row["id"]: row for row in rows(archive, DOCUMENTS)}
    assert result.counts == {"documents": 450, "ready": 450, "failed": 0, "without_extractor": 0}
    assert result.metrics["contents"] == 250
    assert before.items() <= after.items()
    assert {row["text_excerpt"] for row in after.values()} == {f"text {n}" for n in range(450)}


@pytest.mark.parametrize(("phase", "least"), [("read", 20), ("decisions", 0), ("commit", 0)])
def test_a_killed_dedupe_leaves_nothing_and_can_be_repeated(
    phase, least, archive, store, ingest, kill
):
    """Decisions appear together or not at all."""
    with archive.transaction() as tx:
        tx.change("UPDATE email_messages SET content_hash = :same", same="0" * 64)
        tx.change("DELETE FROM email_attachments")
    kill("dedupe", phase, least, ingest)
    assert rows(archive, DECISIONS) == []
    with claimed(archive, ingest, "v2") as claim:
        dedupe.run(archive, store, ingest, claim, silent)
    assert len(rows(archive, DECISIONS)) == 449


@pytest.mark.parametrize(("phase", "least"), [("mails", 440), ("attachments", 440), ("commit", 0)])
def test_a_killed_index_leaves_the_old_one_or_none(phase, least, archive, store, ingest, kill):
    """There is never half an index: nothing is found before it is whole, then all that was."""
    kill("index", phase, least, ingest)
    assert rows(archive, INDEXED) == []
    assert search(archive, SearchQuery("old*")).total == 0
    with archive.transaction() as tx:
        tx.change("UPDATE email_messages SET subject = 'old'")
    with claimed(archive, ingest, "v2") as claim:
        index.run(archive, store, ingest, claim, silent)
    with archive.transaction() as tx:
        tx.change("UPDATE email_messages SET subject = 'new'")
    kill("index", phase, least, ingest)
    assert search(archive, SearchQuery("old")).total == 450
    assert search(archive, SearchQuery("new")).total == 0
