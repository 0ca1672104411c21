"""What a subject says once its marks of answering and forwarding are off."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

# By mail programs of the world: answer, then forward. `Re[2]:` and `RE(3):` count the rounds.
_ANSWER: Final = "re|aw|sv|vs|antw|antwort|odp|ynt|rif|r|res|bls|回复|回覆|答复|答覆|返信|답장|отв"
_FORWARD: Final = "fw|fwd|wg|vb|vl|tr|rv|enc|doorst|pd|i|转发|轉寄|轉發|転送|전달|пер"
_PREFIX: Final = re.compile(
    rf"\s*(?:(?P<answer>{_ANSWER})|(?P<forward>{_FORWARD}))\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*:",
    re.IGNORECASE,
)
_LIST_TAG: Final = re.compile(r"\s*\[[^\[\]]{1,60}\](?=\s*\S)")

LEAST_CHARACTERS: Final = 6
"""Letters and digits that a subject needs before mails are put together by it."""

LONGEST_CHARACTERS: Final = 1000


@dataclass(frozen=True, slots=True)
class Subject:
    """`text` is empty where the subject is too short to tell anything."""

    text: str
    is_answer: bool
    is_forward: bool


def subject_of(raw: str | None) -> Subject:
    """Strip the marks off, in NFKC; lower case, white space runs as one blank.

    The mark that stands first says whether it is an answer or a forward.
    """
    rest, first = unicodedata.normalize("NFKC", (raw or "")[:LONGEST_CHARACTERS]), None
    while match := _PREFIX.match(rest) or _tag_before_prefix(rest):
        if match.re is _PREFIX:
            first = first or match.lastgroup
        rest = rest[match.end() :]
    text = " ".join(rest.casefold().split())
    told = sum(character.isalnum() for character in text)
    is_told = told >= LEAST_CHARACTERS or (told >= 3 and _has_ideographs(text))  # noqa: PLR2004
    return Subject(text if is_told else "", first == "answer", first == "forward")


def _tag_before_prefix(text: str) -> re.Match[str] | None:
    # A list's tag may stand before the mark: `[list] Re: …`; elsewhere it belongs to the subject.
    tag = _LIST_TAG.match(text)
    return tag if tag and _PREFIX.match(text, tag.end()) else None


def _has_ideographs(text: str) -> bool:
    # One character there says as much as a word elsewhere.
    return any(
        "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" for character in text
    )
