"""A question, as people write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cutline.errors import WrongUsage
from postroom.search.query import LONGEST_TEXT, SearchQuery, moment, parsed
from postroom.search.term import Term


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("Budget plan", (Term(("budget",)), Term(("plan",)))),
        ('"the plan" -draft', (Term(("the", "plan")), Term(("draft",), is_unwanted=True))),
        ('-"not this"', (Term(("not", "this"), is_unwanted=True),)),
        ("bud*", (Term(("bud",), is_prefix=True),)),
        ('"the bud"*', (Term(("the", "bud"), is_prefix=True),)),
        ("a@example.com", (Term(("a", "example", "com")),)),
        ("R & D", (Term(("r",)), Term(("d",)))),
        ("会議", (Term(("会", "議")),)),
        ('a"b c"', (Term(("a",)), Term(("b", "c")))),
        ("subject:x NEAR(a,b) ' OR 1=1 --", None),
    ],
)
def test_words_phrases_and_marks(text: str, expected: tuple[Term, ...] | None) -> None:
    """Words are all wanted, quotes hold together, - is not wanted, * goes on; nothing else does."""
    found = parsed(text)
    assert expected is None or found == expected
    assert all(word.isalnum() for term in found for word in term.words)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('"open', "a quotation has no end"),
        ("*", "a * stands only at the end"),
        ("a*b", "a * stands only at the end"),
        ("&", "there is nothing to look for"),
        ('""', "there is nothing to look for"),
        ("-", "there is nothing to look for"),
        ("x" * (LONGEST_TEXT + 1), "too long for a query"),
        ('"' + "a " * 65 + '"', "this phrase is too long"),
    ],
)
def test_what_is_no_query_is_refused(text: str, what: str) -> None:
    """The answer says what is wrong and shows how it is written."""
    with pytest.raises(WrongUsage) as refused:
        parsed(text)
    assert what in refused.value.what
    assert "unwanted" in str(refused.value)


def test_too_many_terms_are_refused() -> None:
    """A query has an end."""
    with pytest.raises(WrongUsage, match="too much"):
        SearchQuery(text="a " * 60, sender="b " * 5).terms()


def test_a_place_that_is_none_is_refused() -> None:
    """`found_in` is one of the places there are."""
    with pytest.raises(WrongUsage, match="no such place"):
        SearchQuery(text="a", found_in="header").terms()  # type: ignore[arg-type]


def test_a_day_is_its_begin_in_utc() -> None:
    """A moment may name its zone; a day has none."""
    assert moment("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert moment("2026-01-31T02:00:00+02:00") == datetime(2026, 1, 31, tzinfo=UTC)
    for wrong in ("yesterday", "0001-01-01T00:00:00+14:00", "\ud800"):
        with pytest.raises(WrongUsage, match="no day"):
            moment(wrong)
