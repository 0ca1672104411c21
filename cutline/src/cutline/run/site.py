"""Where a run acts: the plan's folder, the run's folder, and what texts of the plan stand for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cutline.errors import WrongUsage
from cutline.evidence.secrets import Redactor
from cutline.plan.interpolate import Given, expand, expand_all, named_inputs, names, revealed
from cutline.plan.part import Ref
from cutline.plan.secret import Secret

if TYPE_CHECKING:
    from cutline.plan.load import Loaded  # a step and a tick read no YAML

PASSED_ON = ("PATH", "HOME", "LANG")


@dataclass(frozen=True, slots=True, repr=False)
class Site:
    """What steps, switches and probes of one run share; it may hold secrets and is never printed.

    `base` is the folder of the plan: relative paths and commands begin there. `folder` is the
    run's own. `values` are what `${…}` stands for, by dotted name. `environ` is where `env:` looks.
    """

    run: str
    base: Path
    folder: Path
    values: Mapping[str, Given]
    environ: Mapping[str, str]
    redactor: Redactor = field(default_factory=Redactor)

    @classmethod
    def without_a_run(cls, loaded: Loaded) -> Site:
        """Return the site of a plan that nothing executes: everything is taken from its folder."""
        folder = loaded.path.parent
        return cls("", folder, folder, named_inputs(loaded.inputs), os.environ)

    def expand(self, text: str) -> str:
        """Return `text` with each `${…}` replaced; raises `NoValue`."""
        return expand(text, self.values)

    def expand_all(self, value: object) -> object:
        """Return plain JSON with each text in it expanded; raises `NoValue`."""
        return expand_all(value, self.values)

    def text(self, ref: Ref) -> str:
        """Return what a reference stands for; raises `NoValue` for a variable that is not set."""
        return revealed(ref, self.values, self.environ)

    def path(self, text: str) -> Path:
        """Return a path of the plan, taken from the plan's folder."""
        return self.base / self.expand(text)

    def argv(self, command: tuple[str, ...]) -> list[str]:
        """Return a command with each argument expanded for itself; there is no shell.

        Raises `WrongUsage` for a secret among the arguments, where other users could read it.
        """
        for argument in command:
            for _, name in names(argument):
                if isinstance(self.values.get(name), Secret):
                    raise WrongUsage(
                        "a secret on a command line is refused",
                        where=f"{command[0]}: ${{{name}}}",
                        why="other users of this machine can read it",
                        remedy="give it under `env:` of the step",
                    )
        return [self.expand(argument) for argument in command]

    def env(self, declared: Mapping[str, Ref], **own: str) -> dict[str, str]:
        """Return the environment of a command: what the plan declares, and PATH, HOME, LANG."""
        passed = {name: self.environ[name] for name in PASSED_ON if name in self.environ}
        return passed | {name: self.text(ref) for name, ref in declared.items()} | own
