"""What a gate is judged on: the readings at one instant, and what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cutline.run.reading import Reading, Scalar

Side = str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that a verdict may depend on.

    `readings` by probe and side (None: the probe has no sides; a gate that names no side means
    the first). `reference` likewise, for `than`: side v1 now, or a stage's own baseline. `series`
    are the scalars of a field since the stage began, oldest first, for the trend gate. `attested`
    are the values that people gave, by gate. `looks` is how many marks the stage has, by
    which alpha of comparisons is divided. `reported` are the words of `cutline report` that stand.
    """

    now: datetime
    readings: Mapping[tuple[str, Side], Reading]
    reference: Mapping[tuple[str, Side], Reading] = field(default_factory=dict)
    series: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    attested: Mapping[str, Scalar] = field(default_factory=dict)
    looks: int = 1
    reported: frozenset[str] = frozenset()
