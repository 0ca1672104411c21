"""No switch: a plan of steps and checkpoints alone, in which no traffic is shifted."""

from __future__ import annotations

from dataclasses import dataclass

from cutline.switches.kind import SwitchNotSet


@dataclass(frozen=True, slots=True)
class NopSwitch:
    """It stands at 0 for ever; to set it to anything else is refused, not ignored."""

    def read(self) -> int:
        """Return 0."""
        return 0

    def set(self, percent: int) -> None:
        """Do nothing for 0; raises `SwitchNotSet` for any other percent."""
        if percent != 0:
            raise SwitchNotSet(
                f"the switch `nop` cannot shift traffic to {percent} %",
                why="a plan with it has no traffic",
                remedy="name a switch in the plan, or no `percent` in its stages",
            )
