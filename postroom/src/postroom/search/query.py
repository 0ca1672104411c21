"""A question, as people write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn

from cutline.errors import WrongUsage
from postroom.search.pieces import LONGEST_PHRASE
from postroom.search.term import PLACES, Place, Term
from postroom.search.words import words

MOST_TERMS: Final = 64
LONGEST_TEXT: Final = 10_000

_HELP: Final = 'words are all wanted; "a phrase", -unwanted, begin*'
_PART: Final = re.compile(r'\s*(-?)(?:"([^"]*)("?)|([^\s"]+))(\*?)')


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Which mails are wanted; whatever is empty or None asks for nothing.

    `text` is looked for anywhere in a mail and its attachments, or only in `found_in`; `sender` and
    `recipient` in names and addresses. All three are written alike: words, which must all be there
    in any order; "phrases"; -unwanted ones; begin* of a word. Case, accents and punctuation do not
    count. `after` and `before` are moments: from the first on, up to but without the second.
    `folder` is the name or the path of a folder, and means all below it as well.
    """

    text: str = ""
    sender: str = ""
    recipient: str = ""
    after: datetime | None = None
    before: datetime | None = None
    folder: str | None = None
    found_in: Place | None = None

    def terms(self) -> tuple[Term, ...]:
        """Parse what is to be looked for; raises `WrongUsage` that says what cannot be."""
        if self.found_in is not None and self.found_in not in PLACES:
            _refuse("there is no such place", self.found_in, f"a place is {', '.join(PLACES)}")
        asked: tuple[tuple[str, Place | None], ...] = (
            (self.text, self.found_in),
            (self.sender, "sender"),
            (self.recipient, "recipients"),
        )
        found = tuple(term for text, place in asked for term in parsed(text, place))
        if len(found) > MOST_TERMS:
            _refuse("too much to look for", f"{len(found)} terms", f"at most {MOST_TERMS} at once")
        return found


def parsed(text: str, place: Place | None = None) -> tuple[Term, ...]:
    """Parse one text of a query; raises `WrongUsage` for a text that is none.

    Marks that are no words ask for nothing, unless there is nothing else.
    """
    if len(text) > LONGEST_TEXT:
        _refuse("this is too long for a query", f"{len(text):,} characters", f"{LONGEST_TEXT:,}")
    found = tuple(_terms(text, place))
    if text.strip() and not found:
        _refuse("there is nothing to look for", _shown(text), "it has no letter and no digit")
    return found


def moment(text: str) -> datetime:
    """Parse a day (its begin in UTC) or a moment in ISO 8601; UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        _refuse("this is no day and no moment", _shown(text), "2026-01-31 or 2026-01-31T12:00:00Z")


def _terms(text: str, place: Place | None) -> Iterator[Term]:
    for part in _PART.finditer(text):
        minus, quoted, closed, bare, star = part.groups()
        if quoted is not None and not closed:
            _refuse("a quotation has no end", _shown(quoted), 'each " needs a second one')
        said = (quoted if bare is None else bare) or ""
        if bare is not None:
            minus, said, star = _marks(minus, bare, star)
        if "*" in said and bare is not None:
            _refuse("a * stands only at the end of a word", _shown(said), _HELP)
        found = tuple(words(said))
        if len(found) > LONGEST_PHRASE:
            why = f"it has {len(found)} words, and at most {LONGEST_PHRASE} are found together"
            _refuse("this phrase is too long", _shown(said), why)
        if found:
            yield Term(found, bool(star), bool(minus), place)
        elif star:
            _refuse("a * stands only at the end of a word", _shown(said + star), _HELP)


def _marks(minus: str, bare: str, star: str) -> tuple[str, str, str]:
    stem = bare.rstrip("*")
    return minus, stem, star or bare[len(stem) :]


def _shown(text: str) -> str:
    shown = text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004
    return ascii(shown) if not shown.isprintable() else repr(shown)


def _refuse(what: str, where: str, why: str) -> NoReturn:
    raise WrongUsage(what, where=where, why=why, remedy=f"postroom search 'budget': {_HELP}")
