"""The real world behind a run: real switches, probes, processes and people."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cutline.errors import Problem
from cutline.evidence.blobs import FILES, Blobs
from cutline.evidence.secrets import Redactor
from cutline.plan.interpolate import Given, named_inputs
from cutline.plan.model import Plan
from cutline.plan.secret import Secret
from cutline.run.applied import PATIENCE_S, AppliedSwitch
from cutline.run.asker import asker
from cutline.run.attempt import Attempt
from cutline.run.measure import Measure
from cutline.run.reading import Question, Reading, Scalar
from cutline.run.site import Site
from cutline.run.told import People, beat
from cutline.run.world import Call, Notice, Outcome, SwitchSeen, SwitchSet
from cutline.switches import switch

STEPS, SWITCH = "steps", "switch"
_LONGEST_NAME = 100
Ask = Callable[[Sequence[Question]], Sequence[Reading]]


class RealWorld:
    """What a tick touches, by `cutline.run.world.World`.

    `inputs` are resolved, secret ones as `Secret`; `folder` is the run's, `base` the plan's, and
    `files` are the plan's query files as the run took them over. `patience_s` is how long setting
    the switch waits for `apply`. Keep one for as long as a driver lives: it remembers which probes
    hang.
    """

    def __init__(  # noqa: PLR0913  # the first five are a run, the rest is for special cases
        self,
        plan: Plan,
        inputs: Mapping[str, Scalar | Secret],
        folder: Path,
        base: Path,
        redactor: Redactor,
        *,
        environ: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
        ask: Ask | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.plan, self.inputs, self.files = plan, inputs, files or {}
        self.folder, self.base = folder.resolve(), base.resolve()
        self.run = f"{self.folder.parent.name}/{self.folder.name}"
        self.site = Site(
            run=self.run,
            base=self.base,
            folder=self.folder,
            values={**named_inputs(inputs), "run.id": self.run},
            environ=os.environ if environ is None else environ,
            redactor=redactor,
        )
        self._patience_s = patience_s
        self._ask = ask or asker(plan, self.site, self.files).ask

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

    def lower(self) -> str:
        """Set the switch to 0, whatever else fails, and return why that did not work.

        Where the run's folder takes no file, `apply` cannot be followed: the switch is set alone.
        """
        try:
            done = self.set_switch(0)
            if done.is_set:
                return "" if done.is_applied else f"it is set, and not in force: {done.why}"
        except OSError:
            pass
        try:
            kind = switch(self.plan.switch, self.site)
            kind.set(0)
            seen = kind.read()
        except (Problem, OSError) as error:
            return str(error)
        return "" if seen == 0 else f"it reads {seen} %"

    def ask(self, questions: Sequence[Question]) -> Sequence[Reading]:
        """Ask all at once, each with its probe's timeout; answers in the order of the questions."""
        return self._ask(questions)

    def start(self, call: Call) -> None:
        """Start a step as its own process and return; again for the same try does nothing.

        Raises `CannotWrite` where the run's folder takes no file: then nothing was started.
        """
        what = "undo" if call.is_undo else "step"
        about = {"stage": call.stage, "step": call.step, "key": call.key, "attempt": call.attempt}
        told = self._call(what, about, call.since)
        self._attempt(call).start(told, self._secret(), self.site.environ)

    def outcome(self, call: Call) -> Outcome | None:
        """Return how a try ended; None while it runs, and None for one that was cut off."""
        try:
            ended = self._attempt(call).ended()
        except Problem as problem:
            return Outcome(int(problem.exit_code), f"{problem.what}: {problem.why}")
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

    def tell(self, notice: Notice) -> str:
        """Tell people; returns why it could not, or nothing. It never stops a tick."""
        return People(self.plan.notify, self.site).tell(notice)

    def beat(self) -> str:
        """Call the plan's heartbeat, if it has one; returns why it was not heard, or nothing."""
        ref = self.plan.watch.heartbeat
        return beat(ref, self.site) if ref is not None else ""

    def _attempt(self, call: Call) -> Attempt:
        number = f"undo-{call.attempt}" if call.is_undo else str(call.attempt)
        return Attempt(self.folder / STEPS / folder_name(call.key) / number)

    def _switch(self) -> AppliedSwitch:
        return AppliedSwitch(
            config=self.plan.switch,
            kind=switch(self.plan.switch, self.site),
            folder=self.folder / SWITCH,
            call=lambda number: self._call(
                "apply", {"stage": "", "step": "", "key": f"apply-{number}", "attempt": number}
            ),
            secret=self._secret(),
            environ=self.site.environ,
            holds=Measure(self.plan, self._open_values(), self._ask).holds,
            patience_s=self._patience_s,
        )

    def _call(
        self, what: str, about: Mapping[str, Any], since: datetime | None = None
    ) -> dict[str, Any]:
        """Return what a process of ours is told: everything but secret values."""
        blobs = Blobs(self.folder / FILES)
        files = {name: blobs.put(one, name, Redactor()) for name, one in self.files.items()}
        return {
            "what": what,
            **about,
            "since": since.isoformat() if since else None,
            "base": str(self.base),
            "folder": str(self.folder),
            "plan": self.plan.model_dump(mode="json", by_alias=True, exclude_none=True),
            "inputs": {n: v for n, v in self.inputs.items() if not isinstance(v, Secret)},
            "files": files,
            "run": self.run,
        }

    def _secret(self) -> dict[str, str]:
        return {n: v.reveal() for n, v in self.inputs.items() if isinstance(v, Secret)}

    def _open_values(self) -> dict[str, Given]:
        """Return the names that a condition may use beside those of probes."""
        values = self.site.values.items()
        return {name: value for name, value in values if not isinstance(value, Secret)}


def folder_name(key: str) -> str:
    """Return a name for a file that no two keys share and no key can escape by."""
    name = quote(key, safe="").replace(".", "%2E")
    return name if len(name) <= _LONGEST_NAME else sha256(key.encode()).hexdigest()
