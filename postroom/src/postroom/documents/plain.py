"""Plain text: whether bytes are some, and what they say."""

from __future__ import annotations

import codecs
from typing import Final

_LOOKED_AT_BYTES: Final = 1 << 16
_MOST_CONTROLS: Final = 0.01
# All of C0 but those that stand in text: BS HT LF VT FF CR ESC.
_CONTROLS: Final = bytes(set(range(32)) - {8, 9, 10, 11, 12, 13, 27})
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def is_text(data: bytes) -> bool:
    """Whether the beginning has a byte order mark, or no NUL and next to no control characters."""
    head = data[:_LOOKED_AT_BYTES]
    if any(head.startswith(mark) for mark, _ in _BOMS):
        return True
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return b"\0" not in head and controls <= _MOST_CONTROLS * len(head)


def plain_text(data: bytes) -> str:
    """Decode by the byte order mark, else as UTF-8, else as windows-1252."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def storable(text: str) -> str:
    """Make text valid for PostgreSQL: no U+0000 and no unpaired surrogate."""
    if text.isascii() and "\0" not in text:
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.rstrip("\0").replace("\0", "\ufffd")
