"""What is wrong with a plan: where it stands, what it is, and the word that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from cutline.errors import Exit, Problem

_ALIKE = 0.6  # below it a word is no longer like another, and a guess misleads


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file that a person wrote; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, at its place. A warning does not stop a plan."""

    file: str
    line: int
    column: int
    what: str
    nearest: str | None = None
    is_warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.is_warning else ""
        meant = f"; did you mean `{self.nearest}`?" if self.nearest else ""
        return f"{self.file}:{self.line}:{self.column}: {kind}{self.what}{meant}"


def at(place: Place, what: str, nearest: str | None = None, *, is_warning: bool = False) -> Fault:
    """Return a fault at a place."""
    return Fault(place.file, place.line, place.column, what, nearest, is_warning)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word that was probably meant, or None if nothing is alike."""
    by_lower = {known.lower(): known for known in words}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=_ALIKE)
    return by_lower[found[0]] if found else None


class PlanRefused(Problem):
    """A plan that cannot mean anything; every fault is listed, not the first alone."""

    code = "plan-refused"
    exit_code = Exit.USAGE

    def __init__(self, where: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda one: (one.file, one.line, one.column)))
        count = sum(not one.is_warning for one in self.faults)
        super().__init__(
            f"the plan is refused: {count} fault{'' if count == 1 else 's'}",
            where=where,
            why="\n         ".join(str(one) for one in self.faults),
            remedy="docs/plan.md says what every key means; `cutline check` shows all faults",
        )

    def as_json(self) -> dict[str, object]:
        """Return the same as a JSON object, with the faults one by one."""
        return {**super().as_json(), "faults": [asdict(one) for one in self.faults]}
