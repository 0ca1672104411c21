"""What a comparison compares with: the other side now, or an earlier stage as it was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cutline.gates.conditions import Conditions
from cutline.gates.field import Field, NotMeasured
from cutline.gates.seen import Seen, Side
from cutline.plan.gate import Gate
from cutline.run.reading import Reading


@dataclass(frozen=True, slots=True)
class Than:
    """How a comparison is asked: with whom, how much worse is allowed, how sure a FAIL must be.

    `margin` is in points or in the unit of the field; with `is_pct` in per cent of the reference.
    """

    name: str
    margin: float
    is_pct: bool
    worse: Literal["lower", "higher"]
    sure: float

    @property
    def words(self) -> str:
        """Return the margin as a person writes it."""
        return f"{self.margin:g} %" if self.is_pct else f"{self.margin:g}"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the figures of the reference are; `is_recorded` says that they may be old."""

    asked: Than
    readings: Mapping[tuple[str, Side], Reading]
    side: Side
    is_recorded: bool

    def field(self, ours: Field) -> Field:
        """Return the field of the reference that a field of ours is compared with."""
        named = f"{ours.probe}.{self.side}.{ours.name}" if self.side else ours.text
        return replace(ours, side=self.side, text=f"{self.asked.name}: {named}")


def than(gate: Gate, ours: Field, seen: Seen, conditions: Conditions) -> Reference:
    """Return the reference of a gate; raises `NotMeasured` if there is none, or no margin."""
    name = str(gate.than)
    is_pct = gate.margin_pct is not None
    margin = gate.margin_pct if gate.margin_pct is not None else gate.margin
    if margin is None and gate.no_new is None:
        raise NotMeasured(f"a comparison with {name} without a margin tells nothing")
    worse = gate.worse or ("higher" if gate.quantile is not None else "lower")
    asked = Than(name, margin or 0.0, is_pct, worse, gate.sure)
    if name in conditions.sides.get(ours.probe, ()):
        here = (ours.probe, name)
        readings = seen.reference if here in seen.reference else seen.readings
        return Reference(asked, readings, name, is_recorded=False)
    if (ours.probe, ours.side) not in seen.reference:
        raise NotMeasured(f"there is no record of {ours.probe} in {name}")
    return Reference(asked, seen.reference, ours.side, is_recorded=True)
