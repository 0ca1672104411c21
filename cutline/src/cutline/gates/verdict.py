"""What a gate says: PASS, FAIL or INCONCLUSIVE, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Figures = dict[str, str | int | float | bool]


class Verdict(StrEnum):
    """BLIND and THIN are the two ways of INCONCLUSIVE."""

    PASS = "PASS"  # noqa: S105  # a verdict, no password
    FAIL = "FAIL"
    BLIND = "BLIND"
    THIN = "THIN"

    @property
    def is_inconclusive(self) -> bool:
        """Say whether nothing is known: not measured, or too few items."""
        return self in {Verdict.BLIND, Verdict.THIN}


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict of one gate or trigger with the figures behind it.

    `why` is one line for people; `figures` are what it was computed from: numbers and short
    strings only, never values of mail or secrets.
    """

    verdict: Verdict
    why: str
    figures: Mapping[str, str | int | float | bool] = field(default_factory=dict)


_GRAVITY = (Verdict.PASS, Verdict.THIN, Verdict.BLIND, Verdict.FAIL)


def worst(found: Sequence[Judged]) -> Judged:
    """Return the gravest of some verdicts, with the reasons and figures of all; not of none."""
    if len(found) == 1:
        return found[0]
    gravest = max(found, key=lambda judged: _GRAVITY.index(judged.verdict))
    figures = {name: one for judged in found for name, one in judged.figures.items()}
    return Judged(gravest.verdict, "; ".join(judged.why for judged in found), figures)
