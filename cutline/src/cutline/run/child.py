"""The process of one try: `python -m cutline.run.child CALLFILE`, secrets on standard input.

It holds the lock of its try for as long as it lives, says that it has begun before it does
anything, and says how it ended by one rename. Nobody needs to watch it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cutline.errors import Exit, Problem
from cutline.evidence.blobs import FILES, Blobs
from cutline.evidence.secrets import Redactor
from cutline.plan.duration import words
from cutline.plan.interpolate import Given, named_inputs
from cutline.plan.model import Plan
from cutline.plan.secret import Secret
from cutline.plan.step import Step
from cutline.run import process
from cutline.run.asker import asker
from cutline.run.attempt import LOCK_HANDLE, Attempt
from cutline.run.capture import Capture
from cutline.run.measure import Measure
from cutline.run.sealable import sealable
from cutline.run.secret_values import secret_values
from cutline.run.site import Site
from cutline.run.within import if_longer_than
from cutline.run.world import Outcome
from cutline.steps import Context, run_step, run_undo
from cutline.steps.command import outcome as of_command
from cutline.steps.run import BUG

_MEASURING = {"parity", "isolation", "wait_for"}
_LONGER_S = 3 * process.GRACE_S  # a step ends its own command first


@dataclass(frozen=True, slots=True, repr=False)
class Job:
    """A call as it was written down, with the secret values that came beside it."""

    call: Mapping[str, Any]
    plan: Plan
    site: Site
    values: tuple[str, ...]

    @property
    def step(self) -> Step:
        """Return the step that is meant."""
        stage = self.plan.stage(self.call["stage"])
        return next(step for step in stage.steps if step.name == self.call["step"])


def main(callfile: str) -> None:
    """Run the call and write its outcome. Returns when the outcome is on the disk."""
    os.set_inheritable(LOCK_HANDLE, False)
    attempt = Attempt(Path(callfile).parent)
    secret = json.loads(sys.stdin.buffer.read())
    os.setsid()
    attempt.begin()
    try:
        outcome = _done(attempt, _job(json.loads(Path(callfile).read_bytes()), secret))
    except Problem as problem:
        outcome = Outcome(int(problem.exit_code), problem.what)
    except Exception as error:  # noqa: BLE001  # whoever waits must learn that it ended
        # Places alone: what an error says may hold a value that must not be written.
        sys.stderr.writelines(traceback.format_tb(error.__traceback__))
        outcome = Outcome(BUG, f"a fault in the engine: {type(error).__name__}")
    _end(attempt, outcome)


def _done(attempt: Attempt, job: Job) -> Outcome:
    with _captured(attempt, job) as printed:
        outcome = _run(job, attempt, printed)
    why = job.site.redactor.clean(outcome.why)
    return replace(outcome, why=why, output=_kept(job, attempt, "output.txt"))


def _job(call: Mapping[str, Any], secret: Mapping[str, str]) -> Job:
    plan = Plan.model_validate(call["plan"])
    inputs = {**call["inputs"], **{name: Secret(value) for name, value in secret.items()}}
    values = secret_values(plan, inputs, os.environ)
    site = Site(
        run=call["run"],
        base=Path(call["base"]),
        folder=Path(call["folder"]),
        values={**named_inputs(inputs), **_own_values(call)},
        environ=os.environ,
        redactor=Redactor(values),
    )
    return Job(call, plan, site, values)


def _own_values(call: Mapping[str, Any]) -> dict[str, Given]:
    since = call["since"]
    named: dict[str, Given] = {"run.id": call["run"], "stage.name": call["stage"]}
    return {**named, "stage.since": datetime.fromisoformat(since)} if since else named


@contextlib.contextmanager
def _captured(attempt: Attempt, job: Job) -> Iterator[Capture]:
    printed = Capture(attempt.output, job.site.redactor, job.values)
    try:
        yield printed
    finally:
        printed.close()


def _run(job: Job, attempt: Attempt, printed: Capture) -> Outcome:
    kept: dict[str, str] = {}
    blobs = Blobs(job.site.folder / FILES)

    def keep(name: str, content: bytes) -> None:
        kept[name] = blobs.put(content, name, job.site.redactor)

    context = Context(
        site=job.site,
        stage=job.call["stage"],
        key=job.call["key"],
        printed=printed,
        keep=keep,
        holds=_measure(job, blobs).holds,
        seal=lambda _config: sealable(job.plan, job.site),
    )
    outcome = _work(job, context, attempt)
    return replace(outcome, files=kept)


def _measure(job: Job, blobs: Blobs) -> Measure:
    files = {name: blobs.open(digest) for name, digest in job.call["files"].items()}
    statics = {n: v for n, v in job.site.values.items() if not isinstance(v, Secret)}
    return Measure(job.plan, statics, asker(job.plan, job.site, files).ask)


def _work(job: Job, context: Context, attempt: Attempt) -> Outcome:
    if job.call["what"] == "apply":
        return _apply(job, context)
    step = job.step
    context = replace(context, cwd=step.cwd, declared=step.env)
    with _watchdog(attempt, step):
        return run_undo(step, context) if job.call["what"] == "undo" else run_step(step, context)


def _apply(job: Job, context: Context) -> Outcome:
    switch = job.plan.switch
    if switch.apply is None:
        return Outcome(0, "there is nothing to apply")
    context = replace(context, declared=switch.env)
    return of_command(context.run(switch.apply, switch.timeout_s))


def _watchdog(attempt: Attempt, step: Step) -> AbstractContextManager[None]:
    """End the process with an outcome where a library hangs for longer than the step may."""
    code = Exit.NOT_MEASURED if step.kind in _MEASURING else Exit.BLOCKED
    outcome = Outcome(
        int(code), f"{step.name} was ended: it ran longer than {words(step.timeout_s)}"
    )

    def bite() -> None:
        _end(attempt, outcome)
        os._exit(int(code))

    return if_longer_than(step.timeout_s + _LONGER_S, bite)


def _kept(job: Job, attempt: Attempt, name: str) -> str | None:
    """Keep what was printed as a file of the evidence; nothing printed is no file."""
    content = attempt.output.read_bytes()
    if not content:
        return None
    return Blobs(job.site.folder / FILES).put(content, name, job.site.redactor)


def _end(attempt: Attempt, outcome: Outcome) -> None:
    attempt.end_with(
        {
            "exit_code": outcome.exit_code,
            "why": outcome.why,
            "output": outcome.output,
            "files": dict(outcome.files),
        }
    )


if __name__ == "__main__":
    main(sys.argv[1])
