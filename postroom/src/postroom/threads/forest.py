"""A forest that refuses cycles, in next to constant time a link."""

from __future__ import annotations


class Groups:
    """Disjoint sets of the numbers 0 to `size` - 1."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def of(self, member: int) -> int:
        """Give the number that stands for the set of `member`."""
        above = self._above
        while above[member] != member:
            above[member] = above[above[member]]
            member = above[member]
        return member

    def join(self, first: int, second: int) -> None:
        """Make the sets of both one; the lower number stands for it."""
        low, high = sorted((self.of(first), self.of(second)))
        self._above[high] = low


class Forest:
    """Who has which parent; a link that would close a circle is not taken."""

    def __init__(self, size: int) -> None:
        self.parents: list[int | None] = [None] * size
        self._trees = Groups(size)

    def link(self, child: int, parent: int) -> bool:
        """Make `parent` the parent of `child`, which has none yet, unless it descends from it."""
        # A child without a parent is the top of its tree, and all in that tree descend from it.
        if self._trees.of(child) == self._trees.of(parent):
            return False
        self.parents[child] = parent
        self._trees.join(child, parent)
        return True
