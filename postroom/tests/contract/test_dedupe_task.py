"""The task dedupe on an archive."""

from __future__ import annotations

import pytest
from tests_support.mails import attachment, begin_ingest, insert, mail

from postroom.archive import Archive
from postroom.claim import Claim, take
from postroom.errors import ClaimHeld
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import dedupe

DECISIONS = "SELECT * FROM email_dedupe_decisions ORDER BY id"
TOLD = """SELECT e.pst_nid AS copy, k.pst_nid AS kept, d.tier FROM email_dedupe_decisions d
    JOIN email_messages e ON e.id = d.email_id JOIN email_messages k ON k.id = d.kept_email_id
    ORDER BY e.pst_file_id, e.pst_nid"""


def filled(
    archive: Archive, *, status: str = "processing", at: str = "2026-01-01T00:00:00Z"
) -> Claim:
    """Nine mails: copies by every tier, other attachments, an unreadable one, an embedded one."""
    claim = begin_ingest(archive)
    ingest, c1, c2, c3 = claim.pst_file_id, "1" * 64, "2" * 64, "3" * 64
    said = {"subject": "Plan", "body_text": "a b"}
    rows = [
        mail(ingest, 1, content_hash=c1, message_id="<m@a>", sent_filetime=5, **said),
        mail(ingest, 2, content_hash=c1, message_id="<m@a>", sent_filetime=5, **said),
        mail(ingest, 3, content_hash=c1, sent_filetime=5, **said),
        mail(ingest, 4, content_hash=c2, sent_filetime=9, subject="RE: plan", body_text="a\r\nb"),
        mail(ingest, 5, content_hash=c1, message_id="<m@a>", sent_filetime=5, **said),
        mail(ingest, 6, content_hash=None, message_id="<m@a>", sent_filetime=5, **said),
        mail(ingest, 7, content_hash=c3, sent_filetime=7, subject="family"),
        mail(ingest, 8, content_hash=c3, sent_filetime=7, subject="family"),
    ]
    inner = [
        mail(ingest, nid, node_path=f"{nid:x}/2", origin="embedded", content_hash=c1)
        | {"family_id": family["family_id"]}
        for nid, family in ((7, rows[6]), (8, rows[7]))
    ]
    attached = [
        attachment(rows[4], 1, attachment_hash="a" * 64),
        *(attachment(family, 1, method=5) for family in rows[6:8]),
        *(attachment(family, 1, attachment_hash="b" * 64) for family in inner),
    ]
    with archive.transaction() as tx:
        insert(tx, "email_messages", [*rows, *inner])
        insert(tx, "email_attachments", attached)
        tx.change(
            "UPDATE pst_files SET processing_status = :status, created_at = :at WHERE id = :id",
            status=status,
            at=at,
            id=ingest,
        )
    return claim


def told(archive: Archive) -> list[tuple[int, int, str]]:
    with archive.reading() as tx:
        return [tuple(row.values()) for row in tx.rows(TOLD)]


WITHIN = [
    (2, 1, "message_id"),
    (3, 1, "content_hash"),
    (4, 1, "relaxed_hash"),
    (8, 7, "content_hash"),
]


def test_every_decision_is_a_row_with_its_tier(archive: Archive, store: FolderStore) -> None:
    """Copies by each tier; not the one with an attachment, the unreadable, the embedded ones."""
    claim = filled(archive)
    result = dedupe.run(archive, store, claim.pst_file_id, claim, silent)
    assert told(archive) == WITHIN
    assert result.counts == {
        "emails": 8,
        "duplicates": 4,
        "duplicates_by_message_id": 1,
        "duplicates_by_content_hash": 2,
        "duplicates_by_relaxed_hash": 1,
        "unknown": 1,
        "ingests": 1,
    }
    with archive.reading() as tx:
        assert tx.value("SELECT count(*) AS n FROM email_messages") == 10


def test_a_second_run_changes_nothing(archive: Archive, store: FolderStore) -> None:
    """Ids and keys are made of the mails alone."""
    claim = filled(archive)
    seen = []
    for _run in range(2):
        dedupe.run(archive, store, claim.pst_file_id, claim, silent)
        with archive.reading() as tx:
            seen.append(tx.rows(DECISIONS))
    assert seen[0] == seen[1] != []


def test_what_an_earlier_run_decided_is_replaced(archive: Archive, store: FolderStore) -> None:
    """A decision that no longer holds is gone."""
    claim = filled(archive)
    dedupe.run(archive, store, claim.pst_file_id, claim, silent)
    with archive.transaction() as tx:
        tx.change("UPDATE email_messages SET content_hash = NULL WHERE pst_nid = 2")
    dedupe.run(archive, store, claim.pst_file_id, claim, silent)
    assert told(archive) == WITHIN[1:]


def test_a_family_with_an_unknown_part_is_no_copy(archive: Archive, store: FolderStore) -> None:
    """An attached message that was not read, or an attachment without hash, may hide anything."""
    claim = filled(archive)
    with archive.transaction() as tx:
        tx.change("DELETE FROM email_attachments WHERE node_path IN ('7/2/1', '8/2/1')")
        tx.change("DELETE FROM email_messages WHERE node_path IN ('7/2', '8/2')")
    dedupe.run(archive, store, claim.pst_file_id, claim, silent)
    assert told(archive) == WITHIN[:3]


def test_another_ingest_is_only_looked_at_when_asked_to(
    archive: Archive, store: FolderStore
) -> None:
    """Across: the mails of the older, completed ingest are kept, and its own rows do not change."""
    older = filled(archive, status="completed")
    filled(archive, status="failed", at="2026-01-02T00:00:00Z")
    newer = filled(archive, at="2026-01-03T00:00:00Z")
    filled(archive, status="completed", at="2026-01-04T00:00:00Z")
    dedupe.run(archive, store, newer.pst_file_id, newer, silent)
    assert told(archive) == WITHIN
    result = dedupe.run_across(archive, store, newer.pst_file_id, newer, silent)
    with archive.reading() as tx:
        rows = tx.rows(
            "SELECT d.pst_file_id, k.pst_file_id AS kept FROM email_dedupe_decisions d"
            " JOIN email_messages k ON k.id = d.kept_email_id"
        )
    assert {tuple(row.values()) for row in rows} == {(newer.pst_file_id, older.pst_file_id)}
    assert result.counts["ingests"] == 2
    assert sorted(told(archive)) == [
        (1, 1, "message_id"),
        (2, 1, "message_id"),
        (3, 1, "content_hash"),
        (4, 4, "content_hash"),
        (5, 5, "message_id"),
        (7, 7, "content_hash"),
        (8, 7, "content_hash"),
    ]


def test_who_lost_the_claim_writes_nothing(archive: Archive, store: FolderStore) -> None:
    """A worker whose claim was taken over decides nothing."""
    claim = filled(archive)
    claim.release(archive)
    take(archive, claim.pst_file_id, "v2")
    with pytest.raises(ClaimHeld):
        dedupe.run(archive, store, claim.pst_file_id, claim, silent)
    assert told(archive) == []
