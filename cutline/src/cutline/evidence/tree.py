"""The Merkle tree of RFC 6962 over the lines of a journal; the root of any size is cheap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def leaf(line: bytes) -> bytes:
    """Return the leaf hash of a line without its line feed."""
    return hashlib.sha256(b"\0" + line).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A growing tree. Adding a leaf costs two hashes on average, a root of any size O(log n)."""

    def __init__(self) -> None:
        # _levels[h][i] is the hash of the complete subtree over leaves i·2^h to (i+1)·2^h.
        self._levels: list[list[bytes]] = [[]]

    def __len__(self) -> int:
        return len(self._levels[0])

    def add(self, line: bytes) -> None:
        """Add the line without its line feed as the next leaf."""
        made, height = leaf(line), 0
        self._levels[0].append(made)
        while len(self._levels[height]) % 2 == 0:
            made = node(self._levels[height][-2], made)
            height += 1
            if height == len(self._levels):
                self._levels.append([])
            self._levels[height].append(made)

    def extend(self, lines: Iterable[bytes]) -> None:
        """Add lines without their line feeds; at once where there were none."""
        if self._levels[0]:
            for line in lines:
                self.add(line)
            return
        level = [leaf(line) for line in lines]
        self._levels = [level]
        while len(level) > 1:
            level = [
                node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)
            ]
            self._levels.append(level)

    def root(self, size: int | None = None) -> str:
        """Return the root over the first `size` leaves, or over all, in lower-case hex."""
        size = len(self) if size is None else size
        if not 0 <= size <= len(self):
            raise ValueError(f"a tree of {len(self)} leaves has no root at {size}")
        if size == 0:
            return hashlib.sha256().hexdigest()
        peaks, begin = [], 0
        for height in range(size.bit_length() - 1, -1, -1):
            if size >> height & 1:
                peaks.append(self._levels[height][begin >> height])
                begin += 1 << height
        made = peaks.pop()
        while peaks:
            made = node(peaks.pop(), made)
        return made.hex()
