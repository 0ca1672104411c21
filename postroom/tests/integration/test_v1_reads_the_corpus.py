"""v1 on real files: what it reads, and that nothing it cannot read goes unsaid."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests_support import corpus
from tests_support.ingests import register

from postroom.archive import Archive, open_archive
from postroom.claim import claimed
from postroom.errors import ClaimHeld, NotReadable
from postroom.legacy.ingest import run
from postroom.progress import silent
from postroom.store import FolderStore

# A mail of each kind that the columns differ for: EX and SMTP senders, OLE, embedded, ANSI, items.
VARIED = ("SampleOstFile.ost", "Test_part1.pst", "outlook.pst", "32-bit.pst", "Outlook_1.pst")


def ingest(archive: Archive, store: FolderStore, pst: Path) -> str:
    pst_file_id = register(archive, store, pst)
    with claimed(archive, pst_file_id, "v1", begins_attempt=True) as claim:
        run(archive, store, pst_file_id, claim, silent)
    return pst_file_id


def rows(archive: Archive, table: str):
    with archive.transaction() as tx:
        return tx.rows(f"SELECT * FROM {table} ORDER BY id")


def is_refused(row: dict[str, str]) -> bool:
    """Whether pypff could not even open the file when the corpus was made."""
    return "pypff_file_open" in row["pff_fail"]


def lost_kinds(row: dict[str, str]) -> set[str]:
    """The kinds of what pypff raised for when the corpus was made, as v1 names them."""
    kinds = {"msg:": "message", "number_of_sub_messages": "folder"}
    return {kind for word, kind in kinds.items() if word in row["pff_fail"]}


@pytest.mark.parametrize("row", corpus.each())
def test_v1_records_each_message_that_pypff_reaches_and_each_loss(row, tmp_path):
    """Messages are those of corpus.csv; each has its hashes, or an error says why not."""
    archive = open_archive("corpus", home=tmp_path, dsn=None)
    store = FolderStore(tmp_path / "store")
    if is_refused(row):
        with pytest.raises(NotReadable, match="pypff cannot open"):
            ingest(archive, store, corpus.path(row))
        return
    ingest(archive, store, corpus.path(row))
    messages, errors = rows(archive, "email_messages"), rows(archive, "ingest_errors")
    if row["pff_messages"]:
        assert len(messages) == int(row["pff_messages"])
    lost = {error["node_path"] for error in errors}
    for message in messages:
        hashes = (message["content_hash"], message["record_hash"])
        assert None not in hashes or message["node_path"] in lost
        if message["body_text"] is not None:
            digest = hashlib.sha256(message["body_text"].encode()).hexdigest()
            assert message["text_hash"] == digest
    embedded = [a for a in rows(archive, "email_attachments") if a["method"] == 5]
    assert {a["node_path"] for a in embedded} <= lost
    assert lost_kinds(row) <= {error["kind"] for error in errors}


@pytest.mark.parametrize("row", [r for r in corpus.each() if r.id.endswith((*VARIED, "no-corpus"))])
def test_both_engines_hold_the_same_rows_of_v1(row, tmp_path, postgres_dsn, source_id):
    """What v1 writes does not depend on the database, and its objects lie in the store."""
    found = []
    for dsn in (None, postgres_dsn):
        archive = open_archive(source_id, home=tmp_path, dsn=dsn)
        store = FolderStore(tmp_path / "store")
        ingest(archive, store, corpus.path(row))
        attachments = rows(archive, "email_attachments")
        for attachment in filter(lambda a: a["s3_key"], attachments):
            content = store.path_for(attachment["s3_key"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == attachment["attachment_hash"]
            assert len(content) == attachment["size_bytes"]
        found.append((rows(archive, "email_messages"), attachments))
    for of_sqlite, of_postgres in zip(*found, strict=True):
        assert comparable(of_sqlite) == comparable(of_postgres)


def comparable(table):
    """Rows without what is bound to the ingest, and moments, which PostgreSQL keeps to 1 µs."""
    bound = {"id", "email_id", "family_id", "pst_file_id", "s3_key", "sent_utc", "received_utc"}
    kept = [{name: of[name] for name in of if name not in bound} for of in table]
    for row in kept:
        row |= {name: bool(row[name]) for name in row if name.startswith("is_")}
        row["decode_lossy"] = bool(row.get("decode_lossy"))
    return sorted(kept, key=lambda of: of["node_path"])


@pytest.mark.parametrize(
    "row", [r for r in corpus.each() if r.id.endswith(("1.pst", "no-corpus"))][:1]
)
def test_a_second_attempt_leaves_the_rows_of_one(row, archive, store):
    """An attempt that was broken off costs nothing but its time."""
    pst_file_id = ingest(archive, store, corpus.path(row))
    before = rows(archive, "email_messages"), rows(archive, "ingest_errors")
    with claimed(archive, pst_file_id, "v1", begins_attempt=True) as claim:
        run(archive, store, pst_file_id, claim, silent)
    assert (rows(archive, "email_messages"), rows(archive, "ingest_errors")) == before


@pytest.mark.parametrize(
    "row", [r for r in corpus.each() if r.id.endswith(("1.pst", "no-corpus"))][:1]
)
def test_v1_writes_nothing_once_its_claim_is_lost(row, archive, store):
    """A worker that does not know that it was replaced changes nothing."""
    pst_file_id = register(archive, store, corpus.path(row))
    with claimed(archive, pst_file_id, "v1", begins_attempt=True) as lost:
        pass
    with claimed(archive, pst_file_id, "v1"), pytest.raises(ClaimHeld):
        run(archive, store, pst_file_id, lost, silent)
    assert rows(archive, "email_messages") == []


def test_a_file_that_is_no_pst_is_refused_with_a_reason(archive, store, tmp_path):
    """The error names the key in the store, not a path of the machine."""
    pst = tmp_path / "note.pst"
    pst.write_bytes(b"no PST" * 1000)
    with pytest.raises(NotReadable) as refused:
        ingest(archive, store, pst)
    assert str(tmp_path) not in str(refused.value)
