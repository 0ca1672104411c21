"""A step of another package: a function that the entry-point group `cutline.steps` names."""

from __future__ import annotations

from importlib.metadata import entry_points

from cutline.errors import CannotMeasure
from cutline.plan.step import Step
from cutline.run.world import Outcome
from cutline.steps.context import Context

GROUP = "cutline.steps"


def run(step: Step, context: Context) -> Outcome:
    """Call `function(config, context)`, its texts expanded; what it returns is the outcome.

    Raises `CannotMeasure` where the package that offered it is gone, or returns no outcome.
    """
    found = tuple(entry_points(group=GROUP, name=step.kind))
    if not found:
        raise CannotMeasure(
            f"no installed package offers the step {step.kind}",
            remedy="install the package that offered it when the run was started",
        )
    outcome = found[0].load()(context.site.expand_all(step.config), context)
    if not isinstance(outcome, Outcome):
        raise CannotMeasure(f"the step {step.kind} returned no outcome", where=found[0].value)
    return outcome
