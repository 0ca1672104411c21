"""A search finds the same mails whichever engine holds them."""

from __future__ import annotations

import contextlib
import itertools
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_support.archives import registered
from tests_support.searching import indexed, is_hit, nids

from cutline.errors import WrongUsage
from postroom.archive import Archive, open_archive
from postroom.search import SearchQuery, search
from postroom.search.query import parsed
from postroom.search.tables import filetime
from postroom.store import FolderStore

DAY = datetime(2026, 11, 20, tzinfo=UTC)

MAILS = [
    {
        "subject": "Quarterly budget",
        "body_text": "Please find the plan for Straße 5 attached.",
        "sender_name": "Ana López",
        "from_address": "ana@example.com",
        "recipients": [
            {"type": 1, "name": "Bob Stone", "smtp": "bob@example.com"},
            {"type": 2, "name": "Cher", "smtp": None, "address": "/o=x/cn=cher"},
        ],
        "sent_filetime": filetime(DAY),
        "pst_message_path": "Top/Inbox/2026",
        "attached": [("Plan_final.xlsx", "revenue 2026 会議資料"), ("photo.jpg", None)],
    },
    {
        "subject": "Re: lunch",
        "body_text": "the planned budget is a draft; call +49 (30) 123-456",
        "sender_name": "Bob Stone",
        "from_address": "bob@example.com",
        "sent_filetime": filetime(DAY + timedelta(days=1)),
        "pst_message_path": "Top/Sent Items",
    },
    {
        "subject": "明日の会議について",
        "body_text": "東京都庁で会議があります。ประชุมพรุ่งนี้ 회의를 시작합니다",
        "from_address": "yuki@example.jp",
        "sent_filetime": None,
        "pst_message_path": None,
    },
    {"subject": "Привет, Йожик", "body_text": "Ёлка. ΆΛΦΑ. مُحَمَّد שָׁלוֹם हिन्दी"},
    {"subject": None, "body_text": None, "from_address": None},
]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The mails above, indexed once in each engine, to be read alone."""
    dsn = None if request.param == "sqlite" else request.getfixturevalue("postgres_dsn")
    home = tmp_path_factory.mktemp("home")
    archive = open_archive(f"S{secrets.token_hex(6)}", home=home, dsn=dsn)
    indexed(archive, FolderStore(home / "store"), MAILS)
    return archive


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("budget", [2, 1]),
        ("BUDGET plan", [1]),
        ("plan*", [2, 1]),
        ('"the plan"', [1]),
        ('"the plan"*', [2, 1]),
        ('"plan the"', []),
        ("budget -draft", [1]),
        ("-budget", [5, 4, 3]),
        ('-"the plan" bud*', [2]),
        ("strasse", [1]),
        ("lopez ana", [1]),
        ("bob@example.com", [2, 1]),
        ("example.com", [2, 1]),
        ("cher", [1]),
        ("revenue lunch", []),
        ("revenue budget", [1]),
        ("final.xlsx", [1]),
        ("photo", [1]),
        ("123-456", [2]),
        ("会議", [1, 3]),
        ("の会議に", [3]),
        ("会資", []),
        ("議資料", [1]),
        ("ประชุม", [3]),
        ("회의", [3]),
        ("привет йожик", [4]),
        ("елка", [4]),
        ("αλφα محمد שלום हिन्दी", [4]),
        ("stone ana", [1]),
        ('"lopez bob"', []),
        ('"stone cher"', []),
        ('"budget ana"', []),
        ("nothing", []),
        ("", [2, 1, 5, 4, 3]),
    ],
)
def test_a_query_finds_its_mails(filled: Archive, query: str, expected: list[int]) -> None:
    """Words in any order and place, phrases, begins, what is not wanted; in every script."""
    assert nids(filled, query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (SearchQuery(sender="bob"), [2]),
        (SearchQuery(recipient="bob"), [1]),
        (SearchQuery("budget", sender="-bob"), [1]),
        (SearchQuery(after=DAY + timedelta(days=1)), [2]),
        (SearchQuery(after=DAY, before=DAY + timedelta(days=1)), [1]),
        (SearchQuery(before=DAY), [5, 4]),
        (SearchQuery(folder="Inbox"), [1]),
        (SearchQuery(folder="Top/Inbox/"), [1]),
        (SearchQuery(folder="Top"), [2, 1]),
        (SearchQuery(folder="Item"), []),
        (SearchQuery(folder="\0\ud800%_"), []),
        (SearchQuery("budget", found_in="subject"), [1]),
        (SearchQuery("plan*", found_in="body"), [2, 1]),
        (SearchQuery("plan", found_in="attachment"), [1]),
        (SearchQuery("photo", found_in="body"), []),
        (SearchQuery("bob", found_in="people"), [2, 1]),
        (SearchQuery('"bob stone"', found_in="recipients"), [1]),
        (SearchQuery("plan", found_in="subject"), []),
    ],
)
def test_people_time_folder_and_place_narrow_a_search(
    filled: Archive, query: SearchQuery, expected: list[int]
) -> None:
    """A day begins at its first moment; a folder means what is below it; a place is only that."""
    assert nids(filled, query) == expected


def test_a_hit_shows_where_it_was_found(filled: Archive) -> None:
    """The place that has the most of what was looked for, with the words marked."""
    (hit,) = search(filled, SearchQuery("revenue")).hits
    assert hit.found_in == "attachment"
    assert ("revenue", True) in hit.snippet
    with filled.reading() as tx:
        name = tx.value(
            "SELECT file_name FROM email_attachments WHERE id = :id", id=hit.attachment_id
        )
    assert name == "Plan_final.xlsx"
    assert hit.sender_name == "Ana López"
    assert hit.folder == "Top/Inbox/2026"
    (hit,) = search(filled, SearchQuery("quarterly")).hits
    assert (hit.found_in, hit.snippet) == ("subject", (("Quarterly", True), (" budget", False)))
    (hit,) = search(filled, SearchQuery(sender="lopez")).hits
    assert (hit.found_in, hit.snippet[1]) == ("sender", ("López", True))


def test_pages_follow_each_other_without_gap_or_repeat(
    archive: Archive, store: FolderStore
) -> None:
    """Mails of the same moment have an order, and what comes meanwhile moves nothing."""
    indexed(archive, store, [{"subject": "same", "sent_filetime": 7} for _ in range(5)])
    first = search(archive, SearchQuery("same"), limit=3)
    indexed(archive, store, [{"subject": "same", "sent_filetime": 9} for _ in range(2)])
    second = search(archive, SearchQuery("same"), limit=3, after=first.next)
    ids = [hit.email_id for hit in (*first.hits, *second.hits)]
    assert len(set(ids)) == len(ids) == 5
    assert (first.total, second.total, second.next) == (5, 7, None)


def test_what_no_page_gave_is_no_cursor(archive: Archive) -> None:
    """Cursors and limits are checked before anything is asked."""
    for cursor in ("", "1", "x_y", f"{2**63}_00000000-0000-0000-0000-000000000000", "\ud800"):
        with pytest.raises(WrongUsage, match="no cursor"):
            search(archive, SearchQuery("a"), after=cursor)
    for limit in (0, 201):
        with pytest.raises(WrongUsage, match="number of hits"):
            search(archive, SearchQuery("a"), limit=limit)


def test_a_completed_ingest_that_is_not_indexed_is_told(archive: Archive) -> None:
    """No answer hides that there is more to look through."""
    other = registered(archive)
    with archive.transaction() as tx:
        tx.change("UPDATE pst_files SET processing_status = 'completed' WHERE id = :id", id=other)
    assert search(archive, SearchQuery("budget")).unindexed == 1


WORDS = ["a", "b", "ab", "会", "議", "Á", "x" * 65]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
PARTS = st.builds(
    lambda minus, words, star: f'{minus}"{" ".join(words)}"{star}',
    st.sampled_from(["", "", "-"]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.sampled_from(["", "*"]),
)


def test_any_query_finds_what_reading_every_mail_finds(
    archive: Archive, store: FolderStore
) -> None:
    """Both engines agree with a reader who goes through each mail word by word."""
    texts = [" ".join(each) for n in (1, 2, 3) for each in itertools.product(WORDS[:4], repeat=n)]
    mails = [
        {
            "subject": texts[n],
            "body_text": texts[-n - 1],
            "sender_name": WORDS[n % 7],
            "recipients": [{"name": WORDS[n % 5], "smtp": WORDS[n % 3]}],
            "attached": [(WORDS[n % 6], texts[n // 2])] if n % 4 == 0 else [],
        }
        for n in range(len(texts))
    ]
    indexed(archive, store, mails)
    places = st.sampled_from([None, "subject", "people", "body", "attachment"])

    @given(parts=st.lists(PARTS, min_size=1, max_size=3), place=places)
    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    def check(parts: list[str], place: object) -> None:
        asked = SearchQuery(" ".join(parts), found_in=place)  # type: ignore[arg-type]
        terms = parsed(asked.text, asked.found_in)
        expected = [n for n, each in enumerate(mails, start=1) if is_hit(each, terms)]
        page = search(archive, asked, limit=200)
        with archive.reading() as tx:
            known = dict(
                tuple(row.values()) for row in tx.rows("SELECT id, pst_nid FROM email_messages")
            )
        assert sorted(known[hit.email_id] for hit in page.hits) == expected
        assert page.total == len(expected)

    check()


@given(text=st.text(st.sampled_from("ab*-\"'():{}&|!<>^\\ 会é%;\0\ud800"), max_size=24))
@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_no_text_is_taken_for_the_language_of_an_engine(archive: Archive, text: str) -> None:
    """Quotes, operators and parameters of SQL and of both search languages are only marks."""
    with contextlib.suppress(WrongUsage):
        page = search(archive, SearchQuery(text, sender=text, recipient=text, folder=text))
        assert page.total == 0
