"""A step that proves that the evidence can be sealed; the run itself seals when it closes."""

from __future__ import annotations

from cutline.plan.step import SealStep, Step
from cutline.run.world import Outcome
from cutline.steps.context import Context


def run(step: Step, context: Context) -> Outcome:
    """Look that the key signs and that the store keeps what it takes.

    Only the driver writes the journal, so a step cannot close it. What would stop the seal stops
    the plan here instead, before there is an end to be sealed.
    """
    config: SealStep = step.config
    context.say(context.seal(config))
    return Outcome(0)
