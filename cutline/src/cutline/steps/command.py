"""A step that is a command: an argument list, no shell; 0 is done, anything else failed."""

from __future__ import annotations

from cutline.plan.part import Command
from cutline.plan.step import Step
from cutline.run.process import Ended
from cutline.run.world import Outcome
from cutline.steps.context import Context

FAILED = 1
_WAITS = 2


def run(step: Step, context: Context) -> Outcome:
    """Run the command; its exit code is the step's.

    Only a checkpoint waits for people: a command that exits with 2, as make and many parsers of
    arguments do when they fail, failed. So did one that was ended by its timeout.
    """
    command: Command = step.config
    return outcome(context.run(command, step.timeout_s))


def outcome(ended: Ended) -> Outcome:
    """Return what the end of a command means for its step."""
    code = FAILED if ended.exit_code in {None, _WAITS} else ended.exit_code
    return Outcome(FAILED if code is None else code, ended.why)
