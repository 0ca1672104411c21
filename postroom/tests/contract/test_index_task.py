"""The task index on an archive."""

from __future__ import annotations

import pytest
from tests_support.mails import insert, mail
from tests_support.searching import indexed, nids

from postroom.archive import Archive
from postroom.claim import take
from postroom.errors import ClaimHeld
from postroom.ingest import run_task
from postroom.progress import silent
from postroom.search import SearchQuery, search
from postroom.search.pieces import LARGEST_BYTES
from postroom.search.tables import TABLES, has_index
from postroom.store import FolderStore
from postroom.tasks import index

COUNTS = (
    "SELECT (SELECT count(*) FROM search_mails) AS m, (SELECT count(*) FROM search_pieces) AS p"
)


def test_an_index_is_made_anew_and_not_added_to(archive: Archive, store: FolderStore) -> None:
    """A second run finds what the first found; what changed meanwhile is in it."""
    claim = indexed(archive, store, [{"subject": "one"}, {"subject": "two"}])
    before = search(archive, SearchQuery("o* -x")).hits
    again = index.run(archive, store, claim.pst_file_id, claim, silent)
    assert again.counts == {"emails": 2, "pieces": 2}
    assert search(archive, SearchQuery("o* -x")).hits == before
    with archive.transaction() as tx:
        assert tuple(tx.row(COUNTS).values()) == (2, 2)
        tx.change("UPDATE email_messages SET subject = 'three' WHERE subject = 'one'")
        insert(tx, "email_messages", [mail(claim.pst_file_id, 9, subject="four")])
    index.run(archive, store, claim.pst_file_id, claim, silent)
    assert [nids(archive, each) for each in ("one", "three", "two", "four")] == [[], [1], [2], [9]]


def test_ingests_are_indexed_each_for_itself(archive: Archive, store: FolderStore) -> None:
    """Indexing one again leaves the others as they are."""
    first = indexed(archive, store, [{"subject": "alpha"}])
    indexed(archive, store, [{"subject": "alpha beta"}])
    index.run(archive, store, first.pst_file_id, first, silent)
    assert nids(archive, "alpha") == [1, 1]
    assert nids(archive, "beta") == [1]


@pytest.mark.parametrize("dropped", [*TABLES, "search_words"])
def test_an_index_that_was_dropped_is_made_again(
    archive: Archive, store: FolderStore, dropped: str
) -> None:
    """It is derived; until it is made again nothing is found, and the answer says so."""
    claim = indexed(archive, store, [{"subject": "alpha"}])
    claim.release(archive)
    with archive.transaction() as tx:
        tx.change("UPDATE pst_files SET engine = 'v2', processing_status = 'completed'")
        if archive.backend == "postgres":
            tx.connection.execute("SET ROLE NONE")  # the role of a source owns no table
        tx.connection.execute(f"DROP TABLE IF EXISTS {dropped}")
        is_whole = has_index(tx)
    assert is_whole == (dropped == "search_words" and archive.backend == "postgres")
    page = search(archive, SearchQuery("alpha"))
    assert (page.total, page.unindexed) == ((1, 0) if is_whole else (0, 1))
    run_task(archive, store, claim.pst_file_id, "index", silent)
    assert nids(archive, "alpha") == [1]


def test_who_lost_the_claim_writes_nothing(archive: Archive, store: FolderStore) -> None:
    """The old index stays what is searched."""
    claim = indexed(archive, store, [{"subject": "alpha"}])
    claim.release(archive)
    take(archive, claim.pst_file_id, "v2")
    with archive.transaction() as tx:
        tx.change("UPDATE email_messages SET subject = 'beta'")
    with pytest.raises(ClaimHeld):
        index.run(archive, store, claim.pst_file_id, claim, silent)
    assert nids(archive, "alpha") == [1]
    assert nids(archive, "beta") == []


def test_an_ingest_without_mails_is_indexed(archive: Archive, store: FolderStore) -> None:
    """Nothing to do is done without an error, and counts as indexed."""
    indexed(archive, store, [])
    assert search(archive, SearchQuery("")).total == 0


HOSTILE = {
    "one word of 1 MB": ("x" * 1_048_576, "x" * 100 + "*"),
    "one character 300,000 times": ("会 " * 300_000, "会会会"),
    "one word 100,000 times": ("spam " * 100_000 + "needle", '"spam spam needle"'),
    "50,000 different words": (" ".join(f"w{n}" for n in range(50_000)), '"w49998 w49999"'),
    "marks of every kind": ("'\"\\:*&|!() \ufffd\u202e\x01 needle", "needle"),
    "marks without letters": ("a" + "\u0301" * 100_000 + "\u0e49" * 70_000, "a"),
    "1.5 MB of letters without end": ("é" * 1_500_000, "e" * 64 + "*"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_indexed_and_found(archive: Archive, store: FolderStore, name: str) -> None:
    """No text is too long, too dull or too strange; its last phrase is found like its first."""
    text, query = HOSTILE[name]
    indexed(archive, store, [{"subject": "other"}, {"body_text": text, "attached": [("a", text)]}])
    assert nids(archive, query) == [2]
    assert nids(archive, SearchQuery(query, found_in="attachment")) == [2]
    assert search(archive, SearchQuery(query)).hits[0].snippet


def test_pieces_are_at_most_256_kib(archive: Archive, store: FolderStore) -> None:
    """No row of the index is larger, in either engine."""
    long = " ".join(f"{n:060}" for n in range(9_000))
    claim = indexed(archive, store, [{"body_text": long}])
    with archive.transaction() as tx:
        if archive.backend == "sqlite":
            largest = tx.value("SELECT max(length(body)) AS n FROM search_words")
        else:
            largest = tx.value("SELECT max(pg_column_size(words)) AS n FROM search_pieces")
        pieces = tx.value("SELECT count(*) AS n FROM search_pieces")
    assert pieces >= 3
    assert largest <= LARGEST_BYTES * 1.1
    assert claim.pst_file_id
