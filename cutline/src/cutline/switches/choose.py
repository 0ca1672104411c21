"""The switch that a plan names."""

from __future__ import annotations

from cutline.errors import WrongUsage
from cutline.plan.switch import Switch
from cutline.run.site import Site
from cutline.switches.command import CommandSwitch
from cutline.switches.env_file import EnvFileSwitch
from cutline.switches.kind import SwitchKind
from cutline.switches.nop import NopSwitch


def switch(config: Switch, site: Site) -> SwitchKind:
    """Return the switch of a plan, with its texts expanded.

    Raises `CannotMeasure` where the environment lacks what it names. Nothing is touched yet.
    """
    if (file := config.env_file) is not None:
        return EnvFileSwitch(site.path(file.path), site.expand(file.key))
    if (command := config.command) is not None:
        return CommandSwitch(
            tuple(site.argv(command.set)),
            tuple(site.argv(command.read)),
            site.base,
            site.env(config.env, CUTLINE_RUN=site.run),
            command.timeout_s,
        )
    if (row := config.postgres) is not None:
        from cutline.switches.postgres import PostgresSwitch  # noqa: PLC0415  # takes its time, and few ticks need it

        return PostgresSwitch(
            site.text(row.dsn), site.expand(row.table), site.expand(row.name), row.timeout_s
        )
    if (http := config.http) is not None:
        from cutline.switches.http import HttpSwitch  # noqa: PLC0415  # takes its time, and few ticks need it

        headers = {name: site.text(ref) for name, ref in http.headers.items()}
        return HttpSwitch(site.expand(http.url), headers, http.timeout_s)
    if config.nop is not None:
        return NopSwitch()
    raise WrongUsage(f"this version has no switch of the kind {config.kind}")
