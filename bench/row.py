"""One claim of speed: what we need, what a peer needs for the same work in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measured ratio beside the ratio that we want.

    `ours` and `theirs` are in `unit`, smaller is better. Either `at_most` bounds ours / theirs or
    `at_least` bounds theirs / ours. A row without a peer (`theirs` None) bounds `ours` itself.
    """

    claim: str
    peer: str
    ours: float
    theirs: float | None
    at_most: float | None = None
    at_least: float | None = None
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Return ours / theirs for an `at_most` row, theirs / ours for an `at_least` row."""
        if self.theirs is None:
            return self.ours
        return self.ours / self.theirs if self.at_most is not None else self.theirs / self.ours

    @property
    def holds(self) -> bool:
        """Say whether the ratio reaches what we want."""
        if self.at_most is not None:
            return self.ratio <= self.at_most
        return self.at_least is not None and self.ratio >= self.at_least

    @property
    def wanted(self) -> str:
        """Return the bound as a person reads it."""
        mark = "" if self.theirs is None else "×"
        if self.at_most is not None:
            return f"at most {self.at_most:g}{mark}"
        return f"at least {self.at_least:g}{mark} faster"


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of several runs of `work`: the least disturbed one."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
