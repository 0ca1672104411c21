"""A stretch of text around what was looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from postroom.search.term import Term
from postroom.search.words import located_words, words

BEFORE: Final = 60
AFTER: Final = 160
"""Characters that are shown before and after the first match."""

_STRETCH: Final = 8_000
_BLANK: Final = re.compile(r"\s")
_UNSEEN: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """`pieces` joined are the text shown; `terms_found` counts the different terms in it."""

    pieces: tuple[tuple[str, bool], ...]
    terms_found: int


def snippet(text: str, terms: Sequence[Term]) -> Snippet:
    """Show where `text` has the most of `terms`; its begin, with none found, where it has none.

    White space and what cannot be seen is one blank; `…` stands where text was left out.
    """
    best: tuple[int, str] = (0, "")
    for stretch in _stretches(text):
        found = words(stretch)
        count = sum(bool(term.ends(found)) for term in terms)
        if count > best[0]:
            best = (count, stretch)
        if terms and count == len(terms):
            break
    count, stretch = best
    if not count:
        return Snippet(_clean([(_begin(text), False)]), 0)
    return Snippet(_clean(_around(stretch, _matches(stretch, terms))), count)


def _stretches(text: str) -> Iterator[str]:
    """Yield a text in parts cut at blanks; of a phrase over a cut the next match is shown."""
    start = 0
    while start < len(text):
        blank = _BLANK.search(text, start + _STRETCH, start + 2 * _STRETCH)
        stop = blank.start() if blank else start + 2 * _STRETCH
        yield text[start:stop]
        start = stop


def _matches(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Find where in the text each term stands, in order and without overlaps."""
    located = list(located_words(text))
    found = [word for word, _, _ in located]
    spans = sorted(
        (located[end - len(term.words)][1], located[end - 1][2])
        for term in terms
        for end in term.ends(found)
    )
    apart: list[tuple[int, int]] = []
    for begin, end in spans:
        if apart and begin <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((begin, end))
    return apart


def _around(text: str, matches: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    if not matches:  # folded in one piece it has what it has not letter by letter
        return [(_begin(text), False)]
    first, last = max(0, matches[0][0] - BEFORE), min(len(text), matches[0][0] + AFTER)
    if first and (blank := _BLANK.search(text, first, matches[0][0])):
        first = blank.end()
    pieces = [("…" if first else "", False)]
    at = first
    for begin, end in matches:
        if begin >= last:
            break
        pieces += [(text[at:begin], False), (text[begin : min(end, last)], True)]
        at = min(end, last)
    return [*pieces, (text[at:last], False), ("…" if last < len(text) else "", False)]


def _begin(text: str) -> str:
    whole = BEFORE + AFTER
    return text if len(text) <= whole else f"{text[:whole]}…"


def _clean(pieces: list[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    shown: list[tuple[str, bool]] = []
    for text, is_match in pieces:
        clean = _UNSEEN.sub(" ", text)
        if not clean:
            continue
        if shown and shown[-1][1] == is_match:
            shown[-1] = (shown[-1][0] + clean, is_match)
        else:
            shown.append((clean, is_match))
    return tuple(shown)
