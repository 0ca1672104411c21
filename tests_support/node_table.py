"""Changes to the node B-tree of a Unicode PST, with the checksums of its pages kept right.

[MS-PST] 2.2.2.7.7: a leaf page holds up to 15 entries of node id, two blocks and parent; its last
16 bytes are the trailer.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PAGE = 512
NODE_TREE = 0x81
NORMAL_MESSAGE = 0x04
_ENTRIES, _SIZE, _LEVEL, _TYPE, _CRC = 488, 490, 491, 496, 500
_PARENT = 24


@dataclass(frozen=True)
class NodeEntry:
    """Where an entry lies, and what it says."""

    page: int
    at: int
    nid: int
    parent: int


def entries(pst: bytes) -> Iterator[NodeEntry]:
    """Every entry of every leaf page whose checksum holds."""
    for page in range(0x400, len(pst) - PAGE + 1, PAGE):
        leaf = pst[page + _TYPE] == pst[page + _TYPE + 1] == NODE_TREE and pst[page + _LEVEL] == 0
        if not leaf or struct.unpack_from("<I", pst, page + _CRC)[0] != _crc(pst, page):
            continue
        for number in range(pst[page + _ENTRIES]):
            at = page + number * pst[page + _SIZE]
            (nid,) = struct.unpack_from("<Q", pst, at)
            yield NodeEntry(page, at, nid, struct.unpack_from("<I", pst, at + _PARENT)[0])


def last_message(pst: bytes) -> NodeEntry:
    """The message with the highest node id: it can be given a higher one without disorder."""
    return max(
        (of for of in entries(pst) if of.nid & 0x1F == NORMAL_MESSAGE), key=lambda of: of.nid
    )


def change(pst: bytearray, entry: NodeEntry, nid: int, parent: int) -> None:
    """Give a node another id and another parent."""
    struct.pack_into("<Q", pst, entry.at, nid)
    struct.pack_into("<I", pst, entry.at + _PARENT, parent)
    struct.pack_into("<I", pst, entry.page + _CRC, _crc(pst, entry.page))


def _crc(pst: bytes | bytearray, page: int) -> int:
    """CRC-32 begun with 0 and not turned over at its end."""
    return zlib.crc32(pst[page : page + _TYPE], 0xFFFFFFFF) ^ 0xFFFFFFFF
