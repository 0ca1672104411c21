"""The conversation index (MS-OXOMSG, section 2.2.1.3): a header and a block for each answer.

The header has 22 bytes: a reserved byte, five bytes of the time, a GUID of 16. Each answer appends
a block of five, so the index of a parent is that of its child without the last block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

HEADER_BYTES: Final = 22
BLOCK_BYTES: Final = 5
_GUID: Final = slice(6, 22)

MOST_BYTES: Final = HEADER_BYTES + BLOCK_BYTES * 1000
"""A longer index says nothing."""

NEAREST_ANCESTORS: Final = 32
"""How many levels up a parent is looked for before the conversation's first mail is taken."""


def conversation_index(stored: str | None) -> bytes:
    """Give the bytes of an index in hex, a torn last block left out; b"" if it is none."""
    if not stored or len(stored) > 2 * MOST_BYTES:
        return b""
    try:
        found = bytes.fromhex(stored)
    except ValueError:
        return b""
    if len(found) < HEADER_BYTES or not any(found[_GUID]):
        return b""
    return found[: len(found) - (len(found) - HEADER_BYTES) % BLOCK_BYTES]


def guid_of(index: bytes) -> bytes:
    """Give the GUID that every mail of a conversation has in its header."""
    return index[_GUID]


def ancestors(index: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the indexes of parent, grandparent, …, each with its distance from 1."""
    for distance in range(1, NEAREST_ANCESTORS + 1):
        length = len(index) - distance * BLOCK_BYTES
        if length < HEADER_BYTES:
            return
        yield distance, index[:length]
