"""The task thread on an archive."""

from __future__ import annotations

import pytest
from tests_support.mails import begin_ingest, insert, mail

from postroom.archive import Archive
from postroom.claim import Claim, take
from postroom.errors import ClaimHeld
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import thread
from postroom.threads import read

LINKS = "SELECT email_id, parent_email_id, method, confidence FROM email_thread_links"
PLACES = "SELECT id, thread_id, parent_message_id FROM email_messages ORDER BY pst_nid, node_path"


def filled(archive: Archive) -> tuple[Claim, list[dict[str, object]]]:
    claim = begin_ingest(archive)
    ingest = claim.pst_file_id
    to_x, to_y = [{"smtp": "X@a"}], [{"smtp": None, "address": "y@a"}]
    rows = [
        mail(ingest, 36, message_id="<1@a>", sent_filetime=10**17, in_reply_to=None),
        mail(ingest, 68, message_id="<2@a>", sent_filetime=10**17 + 1, in_reply_to="<1@a>"),
        mail(ingest, 100, sent_filetime=10**17, subject="the plan", from_address="x@a")
        | {"recipients": '[{"smtp": null, "address": "Y@a"}]'},
        mail(ingest, 132, received_filetime=10**17 + 9, subject="Re: the plan", recipients=to_x)
        | {"from_address": "y@a"},
        mail(ingest, 36, node_path="24/8025/24", origin="embedded", in_reply_to="<1@a>"),
        mail(ingest, 164, sent_filetime=None, recipients=to_y),
    ]
    with archive.transaction() as tx:
        insert(tx, "email_messages", rows)
    return claim, rows


def test_links_and_threads_are_written(archive: Archive, store: FolderStore) -> None:
    """Parents, methods and threads of every mail but the embedded ones."""
    claim, rows = filled(archive)
    ids = [str(row["id"]) for row in rows]
    result = thread.run(archive, store, claim.pst_file_id, claim, silent)
    with archive.transaction() as tx:
        links = {tuple(row.values()) for row in tx.rows(LINKS)}
        places = {row["id"]: row for row in tx.rows(PLACES)}
    assert links == {
        (ids[1], ids[0], "in_reply_to", 1.0),
        (ids[3], ids[2], "subject", 0.5),
    }
    threads = [places[each]["thread_id"] for each in ids]
    assert threads[0] == threads[1]
    assert threads[2] == threads[3]
    assert threads[4] is None
    assert len(set(threads)) == 4
    parents = [places[each]["parent_message_id"] for each in ids]
    assert parents == [None, ids[0], None, ids[2], None, None]
    assert result.counts["threads"] == 3
    assert result.counts["links"] == 2
    assert result.counts["links_by_subject"] == 1


def test_a_second_run_changes_nothing(archive: Archive, store: FolderStore) -> None:
    """Ids of links and threads are made from the ingest alone."""
    claim, _ = filled(archive)
    seen = []
    for _run in range(2):
        result = thread.run(archive, store, claim.pst_file_id, claim, silent)
        with archive.transaction() as tx:
            links = tx.rows("SELECT * FROM email_thread_links ORDER BY id")
            seen.append((links, tx.rows(PLACES), result.counts))
    assert seen[0] == seen[1]


def test_a_parent_that_came_later_is_found_by_the_next_run(
    archive: Archive, store: FolderStore
) -> None:
    """What an earlier run wrote is replaced, not added to."""
    claim = begin_ingest(archive)
    answer = mail(claim.pst_file_id, 36, in_reply_to="<late@a>", sent_filetime=2)
    parent = mail(claim.pst_file_id, 68, message_id="<late@a>", sent_filetime=1)
    missing = []
    for row in (answer, parent):
        with archive.transaction() as tx:
            insert(tx, "email_messages", [row])
        result = thread.run(archive, store, claim.pst_file_id, claim, silent)
        missing.append(result.counts["parents_missing"])
    assert missing == [1, 0]
    with archive.transaction() as tx:
        threads = {row["thread_id"] for row in tx.rows(PLACES)}
    assert len(threads) == 1


def test_mails_of_another_ingest_are_not_linked(archive: Archive, store: FolderStore) -> None:
    """A message id of another ingest is not known here."""
    claim, _ = filled(archive)
    other = begin_ingest(archive)
    with archive.transaction() as tx:
        insert(tx, "email_messages", [mail(other.pst_file_id, 36, in_reply_to="<1@a>")])
    result = thread.run(archive, store, other.pst_file_id, other, silent)
    assert result.counts["links"] == 0
    with archive.transaction() as tx:
        found = tx.rows(PLACES)
    assert sum(row["thread_id"] is not None for row in found) == 1
    assert claim.pst_file_id != other.pst_file_id


def test_who_lost_the_claim_writes_nothing(archive: Archive, store: FolderStore) -> None:
    """A worker whose claim was taken over leaves no link."""
    claim, _ = filled(archive)
    claim.release(archive)
    take(archive, claim.pst_file_id, "v2")
    with pytest.raises(ClaimHeld):
        thread.run(archive, store, claim.pst_file_id, claim, silent)
    with archive.transaction() as tx:
        assert tx.rows(LINKS) == []


def test_an_ingest_without_mails_has_no_threads(archive: Archive, store: FolderStore) -> None:
    """Nothing to do is done without an error."""
    claim = begin_ingest(archive)
    result = thread.run(archive, store, claim.pst_file_id, claim, silent)
    assert result.counts["emails"] == result.counts["threads"] == 0


def test_a_row_becomes_an_item(archive: Archive) -> None:
    """Ids lose their brackets, addresses their case, and one without SMTP keeps the other form."""
    claim, rows = filled(archive)
    items = {item.email_id: item for item in read.read_items(archive, claim.pst_file_id)}
    assert len(items) == 5
    assert items[str(rows[1]["id"])].in_reply_to == ("1@a",)
    assert items[str(rows[2]["id"])].recipients == ("y@a",)
    assert items[str(rows[3]["id"])].filetime == 10**17 + 9
