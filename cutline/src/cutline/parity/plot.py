"""Two bars beside each other: a figure of the baseline and of the candidate."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 120


@dataclass(frozen=True, slots=True)
class Bars:
    """The lengths of both bars in units of the drawing, and what they say in words."""

    baseline: float
    candidate: float
    words: str


def bars(baseline: str, candidate: str) -> Bars | None:
    """Return the bars of two figures; None where one of them is no number that can be drawn."""
    left, right = _number(baseline), _number(candidate)
    if left is None or right is None or max(left, right) <= 0:
        return None
    scale = WIDTH / max(left, right)
    words = f"baseline {baseline}, candidate {candidate}"
    return Bars(round(left * scale, 2), round(right * scale, 2), words)


def _number(text: str) -> float | None:
    """Return the number a figure begins with; its unit follows after a space."""
    try:
        value = float(text.partition(" ")[0])
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
