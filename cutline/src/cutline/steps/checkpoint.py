"""A step that only people can do: the run opens it, this process looks that it can be done."""

from __future__ import annotations

from cutline.errors import Exit
from cutline.plan.step import CheckpointStep, Step
from cutline.run.world import Outcome
from cutline.steps.context import Context


def run(step: Step, context: Context) -> Outcome:
    """Return that a person is waited for, or 3 if the procedure that people need is not there."""
    config: CheckpointStep = step.config
    procedure = config.form.procedure if config.form else None
    if procedure is not None and not context.site.path(procedure).is_file():
        return Outcome(int(Exit.NOT_MEASURED), f"there is no procedure {procedure}")
    context.say(config.ask)
    return Outcome(int(Exit.PAUSED), f"waits for a person: {config.ask}")
