"""Every condition of a plan compiles, is boolean, and measures something."""

from __future__ import annotations

from collections.abc import Iterator

from cutline.plan.cel import Condition, ConditionRefused, Types, condition, types_of
from cutline.plan.document import Loc
from cutline.plan.fault import Fault, at
from cutline.plan.model import Plan
from cutline.plan.rules.step import all_steps
from cutline.plan.source import Source
from cutline.plan.step import Step


def conditions(plan: Plan) -> Iterator[tuple[Loc, str]]:
    """Yield every condition of a plan with its path."""
    if plan.switch.applied is not None:
        yield ("switch", "applied"), plan.switch.applied
    for name, gate in plan.gates.items():
        if gate.check is not None:
            yield ("gates", name, "check"), gate.check
    for loc, step in all_steps(plan):
        yield from _of_step(loc, step)
    for number, trigger in enumerate(plan.triggers):
        if trigger.when is not None:
            yield ("triggers", number, "when"), trigger.when
    if plan.rollback.drained is not None:
        yield ("rollback", "drained", "check"), plan.rollback.drained.check


def _of_step(loc: Loc, step: Step) -> Iterator[tuple[Loc, str]]:
    if step.done is not None:
        yield (*loc, "done"), step.done
    if step.wait_for is not None:
        yield (*loc, "wait_for", "check"), step.wait_for.check
    for member in ("verify_back", "verify_forward"):
        text = getattr(step.drill, member, None)
        if text is not None:
            yield (*loc, "drill", member), text


def check_conditions(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield what is wrong with the conditions, each flaw at its place within the text."""
    types = types_of(plan)
    for loc, text in conditions(plan):
        found = _compiled(text, types, loc, source)
        if isinstance(found, list):
            yield from found
        elif not any(_is_measured(plan, name) for name in found.names):
            yield source.fault(loc, "this condition measures nothing: it names no field of a probe")


def _compiled(text: str, types: Types, loc: Loc, source: Source) -> Condition | list[Fault]:
    try:
        return condition(text, types)
    except ConditionRefused as refused:
        spot = source.spot(loc)
        return [
            at(spot.inside(flaw.line, flaw.column), flaw.what, flaw.nearest)
            for flaw in refused.flaws
        ]


def _is_measured(plan: Plan, name: str) -> bool:
    return name.partition(".")[0] in plan.probes
