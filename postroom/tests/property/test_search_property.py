"""What holds for any text, as mail and as question."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutline.errors import WrongUsage
from postroom.search import pieces as cutting
from postroom.search.fts5 import Fts5Index
from postroom.search.pieces import LONGEST_PHRASE, Piece, cut
from postroom.search.query import parsed
from postroom.search.snippet import snippet
from postroom.search.term import Term
from postroom.search.tsvector import vector
from postroom.search.words import LONGEST_WORD, fold, located_words, words

ANY = st.text(st.characters(exclude_categories=()), max_size=80)
MARKED = st.text(st.sampled_from("ab*-\"'():{}&|!<>^\\ 会é\0\ud800"), max_size=24)


@given(text=ANY)
def test_a_text_folds_once(text: str) -> None:
    """What was folded stays; each word is a word of its own."""
    assert fold(fold(text)) == fold(text)
    found = words(text)
    assert words(" ".join(found)) == found
    assert all(len(word) <= LONGEST_WORD for word in found)
    "".join(found).encode()  # no lone surrogate is part of a word


@given(text=ANY)
def test_words_are_located_where_they_are(text: str) -> None:
    """Places are in order and within the text, and the words are those that are indexed."""
    located = list(located_words(text))
    assert [word for word, _, _ in located] == words(text)
    assert all(0 <= begin < end <= len(text) for _, begin, end in located)


@given(text=ANY | MARKED)
def test_any_text_is_a_query_or_is_refused_with_a_reason(text: str) -> None:
    """Terms hold words alone, so no engine can take a part of them for its own language."""
    refused = None
    terms = ()
    try:
        terms = parsed(text)
    except WrongUsage as problem:
        refused = problem
    assert refused is None or (refused.what and refused.why)
    for term in terms:
        assert 1 <= len(term.words) <= LONGEST_PHRASE
        assert all(words(word) == [word] for word in term.words)


@given(text=ANY | MARKED)
@settings(max_examples=300)
def test_fts5_understands_every_query(text: str) -> None:
    """No text makes FTS5 see syntax, alone or beside others."""
    try:
        terms = parsed(text)
    except WrongUsage:
        return
    if not terms:
        return
    _, match = Fts5Index().found(terms, "asked")
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE w USING fts5 (a, tokenize = 'ascii')")
        connection.execute("INSERT INTO w VALUES (?)", (" ".join(words(text)),))
        found = connection.execute("SELECT count(*) FROM w WHERE w MATCH ?", (match,))
        assert found.fetchone() == (1,)


@given(text=ANY, query=MARKED)
def test_a_snippet_is_of_the_text(text: str, query: str) -> None:
    """Every text has a snippet, and one with a match marks it."""
    try:
        terms = [term for term in parsed(query) if not term.is_unwanted]
    except WrongUsage:
        return
    shown = snippet(text, terms)
    assert all(piece for piece, _ in shown.pieces)
    assert bool(shown.terms_found) == any(is_match for _, is_match in shown.pieces)


@given(
    body=st.lists(st.sampled_from(["a", "b", "c", "d", "e" * 64]), max_size=400),
    most=st.integers(70, 90),
)
def test_every_phrase_is_whole_in_a_piece(body: list[str], most: int) -> None:
    """However a text is cut: pieces keep their limits, together they have all, phrases included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "_MOST_WORDS", most)
        patch.setattr(cutting, "_MOST_OF_A_WORD", most - 5)
        patch.setattr(cutting, "LARGEST_BYTES", 8_000)
        found = [piece.body for piece in cut(Piece(("s",), ("f",), ("t",), body)) if piece.body]
    assert all(len(part) <= most for part in found)
    assert all(max(part.count(word) for word in part) <= most - 5 for part in found)
    whole = {tuple(body[n : n + LONGEST_PHRASE]) for n in range(max(1, len(body) - 63))}
    held = {tuple(part[n : n + LONGEST_PHRASE]) for part in found for n in range(len(part))}
    assert {phrase for phrase in whole if phrase} <= held | {()}


@given(text=ANY)
def test_a_vector_says_every_position_once(text: str) -> None:
    """The text of a tsvector names each word of each field with its place and its weight."""
    found = words(text)[:50]
    spelled = vector(Piece(found, (), (), found))
    places = [place for each in spelled.split() for place in each.rpartition(":")[2].split(",")]
    assert len(places) == len(set(places)) == 2 * len(found)


def test_a_term_ends_where_its_words_stand() -> None:
    """Phrases overlap themselves; a begin of a word is enough for the last."""
    assert Term(("a", "a")).ends(["a", "a", "a"]) == [2, 3]
    assert Term(("a", "b"), is_prefix=True).ends(["a", "bc", "b"]) == [2]
