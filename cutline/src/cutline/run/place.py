"""Where a run acts: the plan's folder, the run's folder, and what texts of the plan stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cutline.errors import CannotMeasure
from cutline.evidence.secrets import Redactor
from cutline.plan.part import EnvRef, Ref

PASSED_ON = ("PATH", "HOME", "LANG")
_EXPANDED = re.compile(r"\$\{([a-z]+(?:\.[A-Za-z_][\w-]*)?)\}")


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """What steps, switches and probes of one run share; it may hold secrets and is never printed.

    `base` is the folder of the plan: relative paths and commands begin there. `folder` is the
    run's own. `values` are what `${…}` stands for, by dotted name. `environ` is where `env:` looks.
    """

    run: str
    base: Path
    folder: Path
    values: Mapping[str, str]
    environ: Mapping[str, str]
    redactor: Redactor = field(default_factory=Redactor)

    def expand(self, text: str) -> str:
        """Return `text` with each `${…}` replaced once; raises `CannotMeasure` for an unknown."""
        return _EXPANDED.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        if found[1] not in self.values:
            raise CannotMeasure(
                f"${{{found[1]}}} stands for nothing here",
                why=f"known are {', '.join(sorted(self.values)) or 'none'}",
                remedy="cutline check PLAN names each place",
            )
        return self.values[found[1]]

    def text(self, ref: Ref) -> str:
        """Return what a reference stands for; raises `CannotMeasure` for a name that is not set."""
        if not isinstance(ref, EnvRef):
            return self.expand(ref)
        if not self.environ.get(ref.env):
            raise CannotMeasure(
                f"the environment has no {ref.env}", remedy=f"export {ref.env}=…, then try again"
            )
        return self.environ[ref.env]

    def path(self, text: str) -> Path:
        """Return a path of the plan, taken from the plan's folder."""
        return self.base / self.expand(text)

    def argv(self, command: tuple[str, ...]) -> list[str]:
        """Return a command with each argument expanded for itself; there is no shell."""
        return [self.expand(argument) for argument in command]

    def env(self, declared: Mapping[str, Ref], **own: str) -> dict[str, str]:
        """Return the environment of a command: what the plan declares, and PATH, HOME, LANG."""
        passed = {name: self.environ[name] for name in PASSED_ON if name in self.environ}
        return passed | {name: self.text(ref) for name, ref in declared.items()} | own
