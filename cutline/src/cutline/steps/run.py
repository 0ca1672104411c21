"""One step, run by its kind."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, cast

from cutline.errors import Problem
from cutline.plan.step import Step
from cutline.run.world import Outcome
from cutline.steps.command import outcome
from cutline.steps.context import Context

BUG = 70  # EX_SOFTWARE of sysexits.h

# By name, so that a step loads only what it needs: databases and clusters take their time.
_KINDS: Mapping[str, str] = {kind: f"cutline.steps.{kind}" for kind in Step.kinds}
_OF_OTHERS = "cutline.steps.extension"


class StepKind(Protocol):
    """What each module of a kind offers."""

    def run(self, step: Step, context: Context) -> Outcome:
        """Run the step to its end; raises `Problem` for what it could not do."""
        ...


def run_step(step: Step, context: Context) -> Outcome:
    """Run a step to its end. What it could not do is an outcome, never an exception."""
    kind = cast("StepKind", import_module(_KINDS.get(step.kind, _OF_OTHERS)))
    return _told(context, lambda: kind.run(step, context))


def run_undo(step: Step, context: Context) -> Outcome:
    """Run the command that takes a step back."""
    undo = step.undo
    if undo is None:
        return Outcome(0, "there is nothing to undo")
    return _told(context, lambda: outcome(context.run(undo, step.timeout_s)))


def _told(context: Context, work: Callable[[], Outcome]) -> Outcome:
    try:
        return work()
    except Problem as problem:
        context.say(str(problem))
        return Outcome(int(problem.exit_code), problem.what)
    except Exception as error:  # noqa: BLE001  # a bug in a step must end the step, not hide it
        context.say(traceback.format_exc())
        return Outcome(BUG, f"a fault in the step itself: {type(error).__name__}")
