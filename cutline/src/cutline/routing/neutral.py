"""Names that come from outside, made harmless for a line of a log."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from xxhash import xxh3_64_hexdigest

LIMIT: Final = 128
"""The longest name in a line, in characters."""

_KEPT: Final = "/:@+=,~"
_DIGEST_LENGTH = 17


def log_safe(name: str, limit: int = LIMIT) -> str:
    """Return a name without blanks, line ends or anything else that could forge a line.

    Letters, digits and `._-/:@+=,~` of ASCII stay, the rest is percent-encoded, so two names never
    become one and ` routed to v2` cannot be smuggled in. A name over `limit` is cut and ends with
    `~` and a digest of the whole; an empty one is `-`.
    """
    head = name[: limit + 1]  # a name of megabytes is not encoded as a whole
    text = quote(head, safe=_KEPT, errors="surrogatepass")
    if len(name) > limit or len(text) > limit:
        whole = xxh3_64_hexdigest(name.encode("utf-8", "surrogatepass"))
        return f"{text[: limit - _DIGEST_LENGTH]}~{whole}"
    return text or "-"


def printable(text: str, limit: int = 200) -> str:
    """Return a text for people, at most `limit` characters: what is not printable is escaped."""
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text[:limit]
    )
    return shown if len(shown) <= limit and len(text) <= limit else f"{shown[: limit - 1]}…"
