"""Which words a text has."""

from __future__ import annotations

import pytest

from postroom.search.words import LONGEST_WORD, fold, located_words, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "straße"),
        ("Ångström", "angstrom"),
        ("Müller", "mu\u0308ller"),
        ("ŁÓDŹ", "lodz"),
        ("İstanbul", "istanbul"),
        ("ΆΛΦΑ", "αλφα"),
        ("Й", "и"),
        ("ﬁle", "file"),
        ("ＡＢＣ１２", "abc12"),
        ("ｶﾞ", "ガ"),
        ("كِتَاب", "كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("co\u00adoperate", "cooperate"),
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ],
)
def test_case_accents_and_forms_do_not_count(one: str, other: str) -> None:
    """What a reader takes for the same word is the same word."""
    assert words(one) == words(other)
    assert words(one)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Re: budget_2026 (final).xlsx", ["re", "budget", "2026", "final", "xlsx"]),
        ("ana.lopez@example.com", ["ana", "lopez", "example", "com"]),
        ("don't R&D", ["don", "t", "r", "d"]),
        ("会議は明日", ["会", "議", "は", "明", "日"]),
        ("회의를", ["회", "의", "를"]),
        ("PDF版", ["pdf", "版"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        ("m² ½", ["m2", "1", "2"]),
        ("👩\u200d💻 \ud800 \x00 \ufffd", []),
        ("", []),
    ],
)
def test_a_word_is_letters_digits_and_their_marks(text: str, expected: list[str]) -> None:
    """Scripts without spaces have a word for each character; signs and pictures are none."""
    assert words(text) == expected


def test_a_long_run_is_several_words() -> None:
    """Nothing is cut off: what is too long for one word is a phrase."""
    found = words("A" * (2 * LONGEST_WORD + 1))
    assert found == ["a" * LONGEST_WORD] * 2 + ["a"]
    assert words("é" * 130) == ["e" * 64, "e" * 64, "ee"]


def test_a_word_is_found_where_it_stands() -> None:
    """Places are those of the text as it is, not as it was folded."""
    text = "ﬁne, Straße; mu\u0308de 会議"
    found = [(word, text[begin:end]) for word, begin, end in located_words(text)]
    assert found == [
        ("fine", "ﬁne"),
        ("strasse", "Straße"),
        ("mude", "mu\u0308de"),
        ("会", "会"),
        ("議", "議"),
    ]


def test_folding_is_done_once() -> None:
    """What is folded stays as it is."""
    assert fold(fold("Ǆ ẞ İ ΐ ﷺ")) == fold("Ǆ ẞ İ ΐ ﷺ")
