"""What of a mail is indexed together: pieces that no engine finds too long."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from postroom.archive.transaction import Row
from postroom.search.words import words

Field = Literal["subject", "sender", "recipients", "body"]

FIELDS: Final[tuple[Field, ...]] = ("subject", "sender", "recipients", "body")
"""The columns of a piece. A piece of an attachment has its file name as `subject`."""

LARGEST_BYTES: Final = 256 * 1024
LONGEST_PHRASE: Final = 64
"""Words that a phrase may have: pieces of one text share that many less one."""

BETWEEN: Final = "\u00a6"
"""Stands between two values of a field, so that no phrase goes from one into the next.

It is no word, so nobody can look for it.
"""

# PostgreSQL forgets positions above 16,383 and more than 255 of a word (PostgreSQL, "Limitations").
_MOST_WORDS: Final = 16_000
_MOST_OF_A_WORD: Final = 250


_STRETCH_CHARACTERS: Final = 1_000_000
_BLANK: Final = re.compile(r"\s")


class Piece(NamedTuple):
    """One row of the index: the words of each field, in order."""

    subject: Sequence[str] = ()
    sender: Sequence[str] = ()
    recipients: Sequence[str] = ()
    body: Sequence[str] = ()


def mail_pieces(row: Row) -> Iterator[Piece]:
    """Yield the pieces of a row of `email_messages`; one where it is not long."""
    subject = words(row["subject"] or "")
    people = _between(sender_texts(row)), _between(recipient_texts(row["recipients"]))
    first, *rest = _in_stretches(row["body_text"] or "")
    yield from cut(Piece(subject, *people, first))
    for stretch in rest:
        yield from cut(Piece(body=stretch))


def attachment_pieces(name: str | None, text: str | None) -> Iterator[Piece]:
    """Yield the pieces of an attachment: its file name, and its text where there is one."""
    first, *rest = _in_stretches(text or "")
    yield from cut(Piece(subject=words(name or ""), body=first))
    for stretch in rest:
        yield from cut(Piece(body=stretch))


def cut(whole: Piece) -> Iterator[Piece]:
    """Cut what is too long for one row, at words, so that every phrase is whole in one of the rows.

    Each row has at most 256 KiB of text, 16,000 words and 250 times the same word.
    """
    if _fits(whole):
        yield whole
        return
    for at, field in enumerate(whole):
        for part in _cut_words(field):
            yield Piece(*(part if at == other else () for other in range(len(whole))))


def recipient_texts(recipients: str) -> list[str]:
    """The names and addresses of a mail's recipients, as stored in its JSON."""
    found: dict[str, None] = {}
    for each in json.loads(recipients):
        for value in (each.get("name"), each.get("smtp") or each.get("address")):
            if value:
                found[value] = None
    return list(found)


def sender_texts(row: Row) -> list[str]:
    """The names and addresses of who sent a mail and of whom it was sent for."""
    names = ("sender_name", "representing_name", "sender_smtp", "representing_smtp", "from_address")
    return list(dict.fromkeys(row[name] for name in names if row[name]))


def _in_stretches(text: str) -> Iterator[Sequence[str]]:
    """Yield the words of a text, a bounded number at a time, each time with the end of the last."""
    if len(text) <= _STRETCH_CHARACTERS:
        yield words(text)
        return
    end: Sequence[str] = ()
    start = 0
    while start < len(text):
        stop = _next_blank(text, start + _STRETCH_CHARACTERS)
        found = [*end, *words(text[start:stop])]
        yield found
        end, start = found[-(LONGEST_PHRASE - 1) :], stop


def _next_blank(text: str, at: int) -> int:
    """Find where a text can be cut at or after `at`: at a blank, if there is one before long."""
    blank = _BLANK.search(text, at, at + _STRETCH_CHARACTERS)
    return blank.start() if blank else min(len(text), at + _STRETCH_CHARACTERS)


def _between(texts: list[str]) -> list[str]:
    found: list[str] = []
    for text in texts:
        if found:
            found.append(BETWEEN)
        found += _words_of_a_name(text)
    return found


# The same people write and are written to, mail after mail.
@lru_cache(maxsize=16_384)
def _words_of_a_name(text: str) -> tuple[str, ...]:
    return tuple(words(text))


def _fits(piece: Piece) -> bool:
    if sum(map(len, piece)) <= _MOST_OF_A_WORD:
        return True  # words are at most 64 characters
    return all(map(_is_short, piece)) and sum(map(len, piece)) <= _MOST_WORDS and _is_varied(piece)


def _is_short(field: Sequence[str]) -> bool:
    return len(field) < _MOST_WORDS and _bytes(field) <= LARGEST_BYTES // len(FIELDS)


def _bytes(field: Sequence[str]) -> int:
    return len(" ".join(field).encode())


def _is_varied(piece: Piece) -> bool:
    counted: Counter[str] = Counter()
    for field in piece:
        counted.update(field)
    return max(counted.values(), default=0) <= _MOST_OF_A_WORD


def _cut_words(field: Sequence[str]) -> Iterator[Sequence[str]]:
    start = 0
    while start < len(field):
        end = _end(field, start)
        yield field[start:end]
        if end == len(field):
            return
        start = end - (LONGEST_PHRASE - 1)


def _end(field: Sequence[str], start: int) -> int:
    """Find where a piece that begins at `start` must end."""
    seen: dict[str, int] = {}
    size = 0
    for at in range(start, min(len(field), start + _MOST_WORDS)):
        word = field[at]
        size += len(word.encode()) + 1
        seen[word] = seen.get(word, 0) + 1
        if size > LARGEST_BYTES or seen[word] > _MOST_OF_A_WORD:
            return at
    return min(len(field), start + _MOST_WORDS)
