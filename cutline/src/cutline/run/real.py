"""The real world behind a run: real switches, probes, processes and people."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cutline.errors import Problem
from cutline.evidence.secrets import Redactor
from cutline.plan.model import Plan
from cutline.run.applied import AppliedSwitch
from cutline.run.attempt import Attempt
from cutline.run.place import Place
from cutline.run.reading import Scalar
from cutline.run.world import Call, Outcome, SwitchSeen, SwitchSet
from cutline.switches import switch

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, repr=False)
class RealWorld:
    """What a tick touches. `inputs` are resolved, `base` is the folder of the plan."""

    plan: Plan
    inputs: Mapping[str, Scalar]
    folder: Path
    base: Path
    redactor: Redactor
    run: str
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def place(self) -> Place:
        """Return where commands, paths and references of the plan are taken from."""
        values = {f"inputs.{name}": str(value) for name, value in self.inputs.items()}
        return Place(
            run=self.run,
            base=self.base,
            folder=self.folder,
            values={**values, "run.id": self.run},
            environ=self.environ,
            redactor=self.redactor,
        )

    def read_switch(self) -> SwitchSeen:
        """Read the switch back, and whether the setting is in force."""
        try:
            return self._switch().read()
        except Problem as problem:
            return SwitchSeen(None, problem.what, is_applied=False)

    def set_switch(self, percent: int) -> SwitchSet:
        """Set and apply. Idempotent: it may be called again for the same percent."""
        try:
            return self._switch().set(percent)
        except Problem as problem:
            return SwitchSet(is_set=False, is_applied=False, why=problem.what)

    def start(self, call: Call) -> None:
        """Start a step as its own process and return; again for the same try does nothing.

        Raises `CannotWrite` where the run's folder takes no file: then nothing was started.
        """
        what = "undo" if call.is_undo else "step"
        about = {"stage": call.stage, "step": call.step, "key": call.key, "attempt": call.attempt}
        self._attempt(call).start(self._call(what, about), self._secret(), self.environ)

    def outcome(self, call: Call) -> Outcome | None:
        """Return how a try ended; None while it runs, and None for one that was cut off."""
        try:
            ended = self._attempt(call).ended()
        except Problem as problem:
            return Outcome(int(problem.exit_code), str(problem))
        if ended is None:
            return None
        return Outcome(ended["exit_code"], ended["why"], ended["output"], ended["files"])

    def is_running(self, call: Call) -> bool:
        """Say whether the process of a try is alive: False without an outcome is a cut-off.

        What a killed process left running is ended before it is called cut off, so that a next
        try is never beside it.
        """
        attempt = self._attempt(call)
        if attempt.is_running():
            return True
        if not attempt.has_ended:
            attempt.clear()
        return False

    def _attempt(self, call: Call) -> Attempt:
        number = f"undo-{call.attempt}" if call.is_undo else str(call.attempt)
        return Attempt(self.folder / "steps" / folder_name(call.key) / number)

    def _switch(self) -> AppliedSwitch:
        return AppliedSwitch(
            config=self.plan.switch,
            kind=switch(self.plan.switch, self.place),
            folder=self.folder / "switch",
            call=lambda number: self._call(
                "apply", {"stage": "", "step": "", "key": f"apply-{number}", "attempt": number}
            ),
            secret=self._secret(),
            environ=self.environ,
            holds=lambda text: (None, text),
        )

    def _call(self, what: str, about: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a process of ours is told: everything but secret values."""
        open_inputs = {n: v for n, v in self.inputs.items() if not self._is_secret(n)}
        return {
            "what": what,
            **about,
            "run": self.run,
            "base": str(self.base.resolve()),
            "folder": str(self.folder.resolve()),
            "plan": self.plan.model_dump(mode="json", by_alias=True, exclude_none=True),
            "inputs": open_inputs,
            "values": {"run.id": self.run},
        }

    def _secret(self) -> dict[str, Any]:
        return {"inputs": {n: v for n, v in self.inputs.items() if self._is_secret(n)}}

    def _is_secret(self, name: str) -> bool:
        return name in self.plan.inputs and self.plan.inputs[name].secret


def folder_name(key: str) -> str:
    """Return a name for a file that no two keys share and no key can escape by."""
    name = quote(key, safe="").replace(".", "%2E")
    return name if len(name) <= _LONGEST_NAME else sha256(key.encode()).hexdigest()
