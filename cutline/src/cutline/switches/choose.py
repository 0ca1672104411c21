"""The switch that a plan names."""

from __future__ import annotations

from cutline.errors import WrongUsage
from cutline.plan.switch import Switch
from cutline.run.place import Place
from cutline.switches.command import CommandSwitch
from cutline.switches.env_file import EnvFileSwitch
from cutline.switches.kind import SwitchKind
from cutline.switches.nop import NopSwitch


def switch(config: Switch, place: Place) -> SwitchKind:
    """Return the switch of a plan, with its texts expanded.

    Raises `CannotMeasure` where the environment lacks what it names. Nothing is touched yet.
    """
    if (file := config.env_file) is not None:
        return EnvFileSwitch(place.path(file.path), place.expand(file.key))
    if (command := config.command) is not None:
        return CommandSwitch(
            tuple(place.argv(command.set)),
            tuple(place.argv(command.read)),
            place.base,
            place.env(config.env, CUTLINE_RUN=place.run),
            command.timeout_s,
        )
    if config.nop is not None:
        return NopSwitch()
    raise WrongUsage(f"this version has no switch of the kind {config.kind}")
