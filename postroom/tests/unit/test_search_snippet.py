"""A stretch of text around what was looked for."""

from __future__ import annotations

from postroom.search.query import parsed
from postroom.search.snippet import AFTER, BEFORE, snippet


def marked(text: str, query: str) -> str:
    found = snippet(text, parsed(query))
    return "".join(f"[{piece}]" if is_match else piece for piece, is_match in found.pieces)


def test_every_match_is_marked() -> None:
    """Phrases, begins of words and words, without regard to case and accents."""
    assert marked("The Straße, and the plan", '"the plan" strasse') == (
        "The [Straße], and [the plan]"
    )
    assert marked("budgets", "bud*") == "[budgets]"
    assert marked("明日の会議です", "会議") == "明日の[会議]です"


def test_long_text_is_shown_around_the_first_match() -> None:
    """What is left out is `…`, and words are whole before the match."""
    shown = marked("before " * 3000 + "needle" + " after" * 3000, "needle")
    assert shown.startswith("…before")
    assert "[needle] after" in shown
    assert shown.endswith("…")
    assert len(shown) < BEFORE + AFTER + 10


def test_the_stretch_with_the_most_terms_is_shown() -> None:
    """One of the words alone, early, is less than both of them, late."""
    text = "alpha " + "filler " * 3000 + "alpha beta"
    assert "[alpha] [beta]" in marked(text, "alpha beta")
    assert snippet(text, parsed("alpha beta")).terms_found == 2


def test_without_a_match_the_begin_is_shown() -> None:
    """There is always something to see, if there is any text."""
    assert marked("a\x00b\n\n c\u202e", "zzz") == "a b c "
    assert snippet("", parsed("a")).pieces == ()
