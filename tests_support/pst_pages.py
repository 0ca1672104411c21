"""Pages, blocks and maps of a PST file, read by the letter of [MS-PST] and by nothing of ours."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SECTION = 496 * 8 * 64
FIRST_MAP = 0x4400
PAGE = 512
UNICODE = 23
ALLOCATION_MAP = 0x84


def weak_crc(data: bytes) -> int:
    """CRC-32 started at zero and not inverted, out of the common one."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Shape:
    """What differs between the wide and the narrow format."""

    is_wide: bool

    @property
    def width(self) -> int:
        """Bytes of an id."""
        return 8 if self.is_wide else 4

    @property
    def trailer(self) -> int:
        """Bytes of a trailer, of a page as of a block."""
        return 16 if self.is_wide else 12

    def ids(self, data: bytes, at: int, count: int) -> tuple[int, ...]:
        """`count` ids from `at`."""
        return struct.unpack_from("<" + ("Q" if self.is_wide else "I") * count, data, at)


@dataclass(frozen=True, slots=True)
class Block:
    """An entry of the block B-tree."""

    bid: int
    at: int
    size: int
    references: int

    def span(self, shape: Shape) -> int:
        """Bytes in the file, trailer and padding included."""
        return -(-(self.size + shape.trailer) // 64) * 64


@dataclass(frozen=True, slots=True)
class Root:
    """What the header says."""

    end: int
    last_map: int
    free_bytes: int
    node_tree: tuple[int, int]
    block_tree: tuple[int, int]


def shape_of(file: bytes) -> Shape:
    """Wide or narrow, by the version in the header."""
    return Shape(struct.unpack_from("<H", file, 10)[0] >= UNICODE)


def root_of(file: bytes) -> Root:
    """The fields of ROOT."""
    shape = shape_of(file)
    at = 180 if shape.is_wide else 164
    end, last, free, _, node_id, node_at, block_id, block_at = shape.ids(file, at + 4, 8)
    return Root(end, last, free, (node_id, node_at), (block_id, block_at))


def signature(at: int, bid: int) -> int:
    """`wSig` of a page or a block."""
    mixed = (at ^ bid) & 0xFFFFFFFF
    return (mixed >> 16) ^ (mixed & 0xFFFF)


def check_trailer(shape: Shape, data: bytes, at: int, *, is_map: bool = False) -> tuple[int, int]:
    """Check the trailer of a page and return its type and its id; raises ValueError."""
    content, trailer = data[: -shape.trailer], data[-shape.trailer :]
    kind, again, mark = struct.unpack_from("<BBH", trailer)
    layout = "<IQ" if shape.is_wide else "<II"
    first, second = struct.unpack_from(layout, trailer, 4)
    crc, bid = (first, second) if shape.is_wide else (second, first)
    if kind != again or crc != weak_crc(content):
        raise ValueError(f"page at {at:#x}: type or CRC")
    if mark != (0 if is_map else signature(at, bid)) or (is_map and bid != at):
        raise ValueError(f"page at {at:#x}: signature or id")
    return kind, bid


def leaves(
    file: bytes, reference: tuple[int, int], kind: int
) -> Iterator[tuple[Shape, bytes, int]]:
    """Entries of the leaves of a B-tree with their size, in order; checks every page on the way."""
    shape, (bid, at) = shape_of(file), reference
    page = file[at : at + PAGE]
    if check_trailer(shape, page, at) != (kind, bid):
        raise ValueError(f"page at {at:#x} is not the one that was meant")
    count, most, size, level = page[488:492] if shape.is_wide else page[496:500]
    if not 0 < count <= most:
        raise ValueError(f"page at {at:#x} has {count} entries of {most}")
    for index in range(count):
        entry = page[index * size : (index + 1) * size]
        if level:
            _, below, place = shape.ids(entry, 0, 3)
            yield from leaves(file, (below, place), kind)
        else:
            yield shape, entry, at


def blocks(file: bytes) -> list[Block]:
    """The entries of the block B-tree."""
    found = []
    for shape, entry, _ in leaves(file, root_of(file).block_tree, 0x80):
        bid, at = shape.ids(entry, 0, 2)
        found.append(Block(bid, at, *struct.unpack_from("<HH", entry, 2 * shape.width)))
    return found


def nodes(file: bytes) -> list[tuple[int, ...]]:
    """The entries of the node B-tree: id, data, subnodes, parent."""
    entries = leaves(file, root_of(file).node_tree, 0x81)
    found = []
    for shape, entry, _ in entries:
        nid, data, inner = shape.ids(entry, 0, 3)
        found.append((nid, data, inner, struct.unpack_from("<I", entry, 3 * shape.width)[0]))
    return found


def check_block(file: bytes, block: Block) -> None:
    """Check the trailer of a block; raises ValueError."""
    shape = shape_of(file)
    at = block.at + block.span(shape) - shape.trailer
    size, mark, first, second = struct.unpack_from("<HHIQ" if shape.is_wide else "<HHII", file, at)
    crc, bid = (first, second) if shape.is_wide else (second, first)
    data = file[block.at : block.at + block.size]
    if (size, mark, bid) != (block.size, signature(block.at, block.bid), block.bid):
        raise ValueError(f"block {block.bid:#x}: size, signature or id")
    if crc != weak_crc(data):
        raise ValueError(f"block {block.bid:#x}: CRC")


def maps(file: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and bits of each allocation map."""
    shape, root = shape_of(file), root_of(file)
    for at in range(FIRST_MAP, root.last_map + 1, SECTION):
        page = file[at : at + PAGE]
        if check_trailer(shape, page, at, is_map=True)[0] != ALLOCATION_MAP:
            raise ValueError(f"no allocation map at {at:#x}")
        start = 0 if shape.is_wide else 4
        yield at, page[start : start + 496]


def allocated(file: bytes) -> set[int]:
    """Offsets of all 64-byte slots that the maps say are taken."""
    taken = set()
    for at, bits in maps(file):
        for slot in range(496 * 8):
            if bits[slot // 8] & (0x80 >> slot % 8):
                taken.add(at + slot * 64)
    return taken
