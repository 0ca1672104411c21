"""What makes a plan valid beyond its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cutline.plan.document import Loc, Spot, spot
from cutline.plan.fault import Fault
from cutline.plan.model import Plan


@dataclass(frozen=True, slots=True)
class Source:
    """Where each part of a plan stands, and the files that belong to it by name."""

    file: str = "plan"
    spots: Mapping[Loc, Spot] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def spot(self, loc: Loc) -> Spot:
        """Return where a part stands, or the part around it."""
        return spot(self.spots, loc, self.file)


def check(plan: Plan, source: Source | None = None) -> list[Fault]:
    """Return everything that is wrong with a plan of the right shape."""
    del plan, source
    return []
