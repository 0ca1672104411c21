"""One step, run by its kind."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from cutline.errors import Problem
from cutline.plan.step import Step
from cutline.run.world import Outcome
from cutline.steps import command
from cutline.steps.context import Context

_FAILED = 1
BUG = 70  # EX_SOFTWARE of sysexits.h


def run_step(step: Step, context: Context) -> Outcome:
    """Run a step to its end. What it could not do is an outcome, never an exception."""
    return _told(context, lambda: _by_kind(step, context))


def run_undo(step: Step, context: Context) -> Outcome:
    """Run the command that takes a step back."""
    undo = step.undo
    if undo is None:
        return Outcome(0, "there is nothing to undo")
    return _told(context, lambda: command.run(undo, context, step.timeout_s))


def _by_kind(step: Step, context: Context) -> Outcome:
    if step.command is not None:
        return command.run(step.command, context, step.timeout_s)
    return Outcome(_FAILED, f"this version runs no step of the kind {step.kind}")


def _told(context: Context, work: Callable[[], Outcome]) -> Outcome:
    try:
        return work()
    except Problem as problem:
        context.say(str(problem))
        return Outcome(int(problem.exit_code), problem.what)
    except Exception as error:  # noqa: BLE001  # a bug in a step must end the step, not hide it
        context.say(traceback.format_exc())
        return Outcome(BUG, f"a fault in the step itself: {type(error).__name__}")
