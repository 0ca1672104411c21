"""Message ids as they stand in header fields (RFC 5322, section 3.6.4)."""

from __future__ import annotations

import re
from typing import Final

_BRACKETED: Final = re.compile(r"<([^<>]*)>")

MOST_REFERENCES: Final = 1000
"""Of a longer field only the last ones count."""


def message_ids(field: str | None) -> tuple[str, ...]:
    """Give the ids of a field in its order, without angle brackets and white space.

    Where a program left the brackets out, every word with an @ is an id.
    """
    if not field:
        return ()
    found = ["".join(inner.split()) for inner in _BRACKETED.findall(field)]
    if not found:
        found = [word for word in field.replace(",", " ").split() if "@" in word]
    return tuple(each for each in found if each)[-MOST_REFERENCES:]


def own_message_id(field: str | None) -> str | None:
    """Give the id of the mail itself; one that is not bracketed and has no @ counts as it is."""
    ids = message_ids(field)
    if ids:
        return ids[0]
    return "".join((field or "").split()).strip("<>") or None
