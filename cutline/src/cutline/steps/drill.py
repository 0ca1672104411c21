"""A step that proves the way back: roll back in staging, verify, roll forward, verify."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cutline.errors import Exit
from cutline.plan.step import Drill, Step
from cutline.run.world import Outcome
from cutline.steps.command import outcome
from cutline.steps.context import Context

REPORT = "drill.json"
EVERY_S = 1.0  # staging takes a moment to become what it was told to be


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four parts of a drill, as it went. `exit_code` is 0, 1 or 3."""

    what: str
    of: str
    at: str
    took_s: float
    exit_code: int
    why: str

    @property
    def line(self) -> str:
        """Return the part as one line of the report."""
        word = {0: "PASS", int(Exit.NOT_MEASURED): "NOT MEASURED"}.get(self.exit_code, "FAIL")
        why = f": {self.why}" if self.why else ""
        return f"{self.at}  {self.what:<14} {word:<12} {self.took_s:6.1f} s  {self.of}{why}"


def run(step: Step, context: Context) -> Outcome:
    """Go through all four parts and report each; the drill passes only if every part does.

    Staging is rolled forward again also where rolling back or its verification failed. A part that
    verifies nothing, because the plan names no condition for it, is not measured.
    """
    config: Drill = step.config
    back = _command("roll back", config.roll_back, config, context)
    is_back = _verified("verify back", config.verify_back, back, config, context)
    forward = _command("roll forward", config.roll_forward, config, context)
    is_forward = _verified("verify forward", config.verify_forward, forward, config, context)
    parts = [back, is_back, forward, is_forward]
    code = max((part.exit_code for part in parts), key=_weight)
    failed = [f"{part.what}: {part.why}" for part in parts if part.exit_code]
    for line in ["", "rollback drill", *(part.line for part in parts)]:
        context.say(line)
    context.say(f"drill: {'PASS' if not failed else 'FAIL'}")
    context.keep(REPORT, json.dumps([asdict(part) for part in parts], indent=1).encode())
    return Outcome(code, "; ".join(failed))


def _weight(code: int) -> int:
    """Rank outcomes: a failure says more than what could not be measured."""
    return {0: 0, int(Exit.NOT_MEASURED): 1}.get(code, 2)


def _command(what: str, command: tuple[str, ...], config: Drill, context: Context) -> Part:
    def work() -> tuple[int, str]:
        found = outcome(context.run(command, config.timeout_s))
        return (int(Exit.BLOCKED) if found.exit_code else 0), found.why

    return _timed(what, command[0], work, context)


def _verified(
    what: str, condition: str | None, after: Part, config: Drill, context: Context
) -> Part:
    """Measure until it holds; behind a command that failed once, for nothing is on its way."""
    patience_s = 0.0 if after.exit_code else config.timeout_s

    def work() -> tuple[int, str]:
        if condition is None:
            return int(Exit.NOT_MEASURED), "the plan names no condition for it"
        found = context.until_holds(condition, patience_s, EVERY_S)
        code = {True: 0, False: int(Exit.BLOCKED), None: int(Exit.NOT_MEASURED)}[found.holds]
        return code, str(found)

    return _timed(what, condition or "nothing", work, context)


def _timed(what: str, of: str, work: Callable[[], tuple[int, str]], context: Context) -> Part:
    at, started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), time.monotonic()
    context.say(f"{at}  {what}")
    code, why = work()
    return Part(what, of, at, round(time.monotonic() - started, 3), code, why)
