"""What is looked for: one word or phrase, and where in a mail it has to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from postroom.search.pieces import FIELDS, Field

Place = Literal["subject", "sender", "recipients", "people", "body", "attachment"]

PLACES: Final[tuple[Place, ...]] = (
    "subject",
    "sender",
    "recipients",
    "people",
    "body",
    "attachment",
)

_FIELDS: Final[dict[Place, tuple[Field, ...]]] = {
    "subject": ("subject",),
    "sender": ("sender",),
    "recipients": ("recipients",),
    "people": ("sender", "recipients"),
    "body": ("body",),
    "attachment": FIELDS,
}


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one after the other; with `is_prefix` the last is the begin of a word.

    `place` None is anywhere in a mail and its attachments. A mail with a term that `is_unwanted` is
    no hit.
    """

    words: tuple[str, ...]
    is_prefix: bool = False
    is_unwanted: bool = False
    place: Place | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """Name the columns of the index that it may be in."""
        return FIELDS if self.place is None else _FIELDS[self.place]

    @property
    def is_in_mail_itself(self) -> bool | None:
        """Say whether it may only be in mails (True) or in attachments (False); None is in both."""
        return None if self.place is None else self.place != "attachment"

    def ends(self, found: list[str]) -> list[int]:
        """Find where in a text of words `found` it stands: the index after its last word."""
        length = len(self.words)
        begin, last = list(self.words[:-1]), self.words[-1]
        return [
            end
            for end in range(length, len(found) + 1)
            if (found[end - 1].startswith(last) if self.is_prefix else found[end - 1] == last)
            and found[end - length : end - 1] == begin
        ]
