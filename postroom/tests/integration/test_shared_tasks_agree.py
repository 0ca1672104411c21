"""v1 and v2 call the same text and thread: over the same mail they write the same."""

from __future__ import annotations

import pytest
from tests_support import synthetic

from postroom.documents.extract import NO_EXTRACTOR
from postroom.ingest import ingest_file
from postroom.progress import silent

LINKS = """SELECT child.node_path AS child, parent.node_path AS parent, link.method, link.confidence
    FROM email_thread_links link JOIN email_messages child ON child.id = link.email_id
    JOIN email_messages parent ON parent.id = link.parent_email_id
    WHERE link.pst_file_id = :id ORDER BY 1"""
DOCUMENTS = """SELECT a.node_path, d.status, d.mime_type, d.text_excerpt, d.error_message
    FROM documents d JOIN email_attachments a ON a.id = d.attachment_id
    JOIN email_messages m ON m.id = a.email_id
    WHERE d.pst_file_id = :id AND m.origin <> 'embedded' ORDER BY 1"""
THREADS = """SELECT node_path, thread_id FROM email_messages
    WHERE pst_file_id = :id AND origin <> 'embedded' ORDER BY 1"""


def threads_of(rows) -> set[frozenset[str]]:
    """Group mails by thread: ids of threads are of the ingest, their members are of the mail."""
    members: dict[str, set[str]] = {}
    for row in rows:
        members.setdefault(row["thread_id"], set()).add(row["node_path"])
    return {frozenset(paths) for paths in members.values()}


@pytest.mark.parametrize("profile", ["small", "deep"])
def test_v1_and_v2_thread_and_read_alike(profile, archive, store, tmp_path):
    """Links, threads and documents are those of the mail, not of the engine."""
    written = synthetic.write(tmp_path, profile, "--mails", "60")
    found = {}
    for engine in ("v1", "v2"):
        ingest = ingest_file(written.pst, engine, archive, store, "p", None, silent)
        with archive.reading() as tx:
            links, documents, places = (
                tx.rows(sql, id=ingest.id) for sql in (LINKS, DOCUMENTS, THREADS)
            )
        found[engine] = (links, documents, threads_of(places))
    assert found["v1"] == found["v2"]
    links, documents, _ = found["v2"]
    assert {link["method"] for link in links} >= {"in_reply_to"}
    failed = [document for document in documents if document["status"] != "READY"]
    assert all(document["error_message"].startswith(NO_EXTRACTOR) for document in failed)
