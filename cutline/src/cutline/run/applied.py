"""A switch whose setting takes effect by a command: set, applied, and what lies between."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cutline.errors import Problem
from cutline.evidence import files
from cutline.plan.switch import Switch
from cutline.run.attempt import Attempt
from cutline.run.holding import Holding
from cutline.run.world import SwitchSeen, SwitchSet
from cutline.switches import SwitchKind

PATIENCE_S = 5.0
"""How long setting waits for `apply`. A longer one goes on beside the ticks, which look at it."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` was last run for: a percent, and the number of the try."""

    percent: int
    number: int


@dataclass(frozen=True, slots=True)
class AppliedSwitch:
    """Sets, reads back at once, applies, and says of each reading whether it is in force.

    What was applied last is a file of the run's folder, so it outlives the driver: the percent,
    and the number of the try of `apply`. Before this run has set anything, what is found counts as
    in force. With `applied:` that condition says it instead.
    """

    config: Switch
    kind: SwitchKind
    folder: Path
    call: Callable[[int], Mapping[str, Any]]
    secret: Mapping[str, Any]
    environ: Mapping[str, str]
    holds: Callable[[str], Holding]
    patience_s: float = PATIENCE_S

    def read(self) -> SwitchSeen:
        """Return where the switch stands; what cannot be read is None with the reason."""
        try:
            percent = self.kind.read()
        except Problem as problem:
            return SwitchSeen(None, _line(problem), is_applied=False)
        why = self._not_applied(percent)
        return SwitchSeen(percent, why, is_applied=not why)

    def set(self, percent: int) -> SwitchSet:
        """Set, read back, apply. Again for the same percent: only what is not done yet."""
        was, before = self._was(), self._last()
        if self.config.apply and (was != percent or self._is_due(percent, before)):
            # Written first: killed after setting, this run must not believe an older `apply`.
            self._claim(percent, before)
        try:
            if was != percent:
                self.kind.set(percent)
            seen = self.kind.read()
        except Problem as problem:
            return self._not_set(was, before, _line(problem))
        if seen != percent:
            why = f"set to {percent} % without an error, and it reads {seen} %"
            return self._not_set(was, before, why)
        output = self._apply() if self.config.apply else None
        why = self._not_applied(percent)
        return SwitchSet(is_set=True, is_applied=not why, why=why, output=output)

    def _was(self) -> int | None:
        """Return where it stands; what cannot be read may yet be set."""
        try:
            return self.kind.read()
        except Problem:
            return None

    def _not_set(self, was: int | None, before: Applied | None, why: str) -> SwitchSet:
        """Say so; where nothing was moved, what was in force still is."""
        if self.config.apply and was is not None and self._was() == was:
            self._write(before)
        return SwitchSet(is_set=False, is_applied=False, why=why)

    def _is_due(self, percent: int, last: Applied | None) -> bool:
        """Say whether `apply` has to be run anew: it was for another percent, or it failed."""
        if last is None or last.percent != percent:
            return True
        attempt = self._attempt(last.number)
        if attempt.is_running() or not attempt.has_begun:
            return False
        ended = attempt.ended()
        return ended is None or ended["exit_code"] != 0

    def _claim(self, percent: int, before: Applied | None) -> None:
        """Name the next try of `apply`; an older one is ended, for it must not finish last."""
        if before is not None:
            self._attempt(before.number).end()
        number = 1
        while self._attempt(number).folder.exists():
            number += 1
        self._write(Applied(percent, number))

    def _apply(self) -> str | None:
        """Start the try that is named, unless it has begun; wait for it a little."""
        last = self._last()
        if last is None:
            return None
        attempt = self._attempt(last.number)
        attempt.start(self.call(last.number), self.secret, self.environ)
        ended = attempt.wait(self.patience_s) or {}
        return ended.get("output")

    def _not_applied(self, percent: int) -> str:
        """Return why a setting is not in force, or nothing if it is."""
        why = self._not_run(percent) if self.config.apply else ""
        if why or self.config.applied is None:
            return why
        found = self.holds(self.config.applied)
        return "" if found.holds else f"`applied` {found}"

    def _not_run(self, percent: int) -> str:
        last = self._last()
        if last is None:
            return ""
        if last.percent != percent:
            return f"{percent} % is set, and {last.percent} % was applied last"
        attempt = self._attempt(last.number)
        if attempt.is_running():
            return "`apply` is running"
        ended = attempt.ended()
        if ended is None:
            return "`apply` was cut off" if attempt.has_begun else "`apply` has not been run"
        return "" if ended["exit_code"] == 0 else f"`apply` failed: {ended['why']}"

    def _attempt(self, number: int) -> Attempt:
        return Attempt(self.folder / f"apply-{number}")

    @property
    def _record(self) -> Path:
        return self.folder / "applied.json"

    def _last(self) -> Applied | None:
        try:
            return Applied(**json.loads(self._record.read_bytes()))
        except FileNotFoundError:
            return None

    def _write(self, applied: Applied | None) -> None:
        if applied is None:
            self._record.unlink(missing_ok=True)
        else:
            files.put(self._record, json.dumps(asdict(applied)).encode())


def _line(problem: Problem) -> str:
    return ": ".join(part for part in (problem.what, problem.where, problem.why) if part)
