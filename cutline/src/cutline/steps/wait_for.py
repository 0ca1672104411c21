"""A step that waits until a condition on probes holds."""

from __future__ import annotations

from cutline.errors import Exit
from cutline.plan.duration import words
from cutline.plan.step import Step, WaitFor
from cutline.run.world import Outcome
from cutline.steps.context import Context


def run(step: Step, context: Context) -> Outcome:
    """Measure until the condition holds; 1 if it never did, 3 if it could not be measured last."""
    config: WaitFor = step.config
    found = context.until_holds(config.check, config.timeout_s, config.every_s)
    context.say(f"{config.check} {found}")
    if found.holds:
        return Outcome(0)
    why = f"{config.check} {found} after {words(config.timeout_s)}"
    return Outcome(int(Exit.NOT_MEASURED if found.holds is None else Exit.BLOCKED), why)
