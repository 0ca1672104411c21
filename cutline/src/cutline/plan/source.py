"""Where each part of a plan stands, and the files that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cutline.plan.document import Loc, Spot, spot
from cutline.plan.fault import Fault, at


@dataclass(frozen=True, slots=True)
class Source:
    """Where each part of a plan stands, and the files that belong to it by name."""

    file: str = "plan"
    spots: Mapping[Loc, Spot] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def spot(self, loc: Loc) -> Spot:
        """Return where a part stands, or the part around it."""
        return spot(self.spots, loc, self.file)

    def fault(self, loc: Loc, what: str, nearest: str | None = None) -> Fault:
        """Return a fault at the value of a part."""
        return at(self.spot(loc).value, what, nearest)

    def at_key(self, loc: Loc, what: str, nearest: str | None = None) -> Fault:
        """Return a fault at the key of a part."""
        return at(self.spot(loc).key, what, nearest)

    def warning(self, loc: Loc, what: str, nearest: str | None = None) -> Fault:
        """Return a warning at the key of a part."""
        return at(self.spot(loc).key, what, nearest, is_warning=True)
