"""A run's folder with real processes behind it, and no driver."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cutline.evidence.blobs import FILES, Blobs
from cutline.evidence.secrets import Redactor
from cutline.plan.model import Plan
from cutline.plan.secret import Secret
from cutline.run.real import RealWorld
from cutline.run.secret_values import secret_values
from cutline.run.world import Call, Outcome
from tests_support.waiting import until

RUN = "drill/20260221T120000Z"
NOP = {"nop": {}}


def python(code: str) -> list[str]:
    """An argument list that runs a line of Python."""
    return [sys.executable, "-c", code]


def plan(step: Mapping[str, Any] | None = None, **more: Any) -> Plan:
    """A plan of one stage `one` with one step `it`."""
    it = {"name": "it", **(step or {"command": ["true"]})}
    stages = [{"name": "one", "steps": [it]}]
    return Plan.model_validate(
        {"cutline": 1, "name": "drill", "switch": NOP, "stages": stages, **more}
    )


def world(
    folder: Path,
    of: Plan | None = None,
    inputs: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    **more: Any,
) -> RealWorld:
    """The real world of a run in `folder`; its plan lies there too."""
    given = dict(environ or os.environ)
    meant = of or plan()
    resolved = {
        name: Secret(value) if name in meant.inputs and meant.inputs[name].secret else value
        for name, value in (inputs or {}).items()
    }
    run = folder / "runs" / RUN
    run.mkdir(parents=True, exist_ok=True)
    known = Redactor(secret_values(meant, resolved, given))
    return RealWorld(meant, resolved, run, folder, known, environ=given, **more)


def call(attempt: int = 1, *, is_undo: bool = False) -> Call:
    """One try of the step."""
    return Call("one", "it", "one/it", attempt, is_undo)


def ended(of: RealWorld, this: Call | None = None, timeout_s: float = 20.0) -> Outcome:
    """The outcome of a try that was started, waited for."""
    asked = this or call()
    until(lambda: not of.is_running(asked), timeout_s, "the step ends")
    outcome = of.outcome(asked)
    log = of.folder / "steps" / "one%2Fit" / str(asked.attempt) / "child.log"
    if outcome is None:
        raise AssertionError(log.read_text() if log.exists() else "it was cut off")
    return outcome


def done(of: RealWorld, this: Call | None = None) -> Outcome:
    """Start a step and wait for its outcome."""
    of.start(this or call())
    return ended(of, this)


def printed(of: RealWorld, outcome: Outcome) -> str:
    """What a step printed, from the evidence."""
    return Blobs(of.folder / FILES).open(outcome.output).decode() if outcome.output else ""
