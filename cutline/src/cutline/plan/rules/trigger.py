"""Triggers: a symptom that can be seen, and an order of what is done that can come true."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cutline.plan.document import Loc
from cutline.plan.fault import Fault
from cutline.plan.model import Plan
from cutline.plan.rules.reference import check_diagnose, check_share
from cutline.plan.source import Source
from cutline.plan.trigger import Trigger

_WORD = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_RATE_ONLY = ("of", "below", "above")


def check_triggers(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield what is wrong with each trigger, and two that people cannot tell apart."""
    labels: dict[str, int] = {}
    can_bake = any(stage.bake for stage in plan.stages)
    for number, trigger in enumerate(plan.triggers):
        loc = ("triggers", number)
        yield from _symptom(plan, trigger, loc, source)
        yield from _order(trigger, loc, source, can_bake=can_bake)
        yield from check_diagnose(plan, source, loc, trigger.diagnose)
        if trigger.label in labels:
            first = source.spot(("triggers", labels[trigger.label])).value.line
            what = f"two triggers are called `{trigger.label}`, first in line {first}: give a name"
            yield source.fault(loc, what)
        labels.setdefault(trigger.label, number)


def _symptom(plan: Plan, trigger: Trigger, loc: Loc, source: Source) -> Iterator[Fault]:
    if trigger.rate is not None:
        yield from check_share(plan, source, loc, trigger.rate, trigger.of)
        bounds = [key for key in ("below", "above") if getattr(trigger, key) is not None]
        if len(bounds) != 1:
            yield source.at_key(loc, "a `rate` trigger has exactly one of below, above")
        for key in bounds:
            if not 0 <= getattr(trigger, key) <= 100:  # noqa: PLR2004  # per cent
                yield source.fault((*loc, key), f"`{key}` of a rate is per cent, from 0 to 100")
        return
    for key in _RATE_ONLY:
        if getattr(trigger, key) is not None:
            yield source.at_key((*loc, key), f"`{key}` belongs to a `rate` trigger")
    if trigger.report is not None and not _WORD.fullmatch(trigger.report):
        what = "what people report is one word, as in `cutline report RUN complaint`"
        yield source.fault((*loc, "report"), what)


def _order(trigger: Trigger, loc: Loc, source: Source, *, can_bake: bool) -> Iterator[Fault]:
    """Yield `for`, `after` and `else` that contradict each other."""
    if (trigger.else_do is None) != (trigger.after_s is None):
        given, lacking = ("else", "after") if trigger.else_do else ("after", "else")
        yield source.at_key((*loc, given), f"`{given}` needs `{lacking}`: what is done, and when")
    elif trigger.else_do == trigger.do:
        yield source.fault((*loc, "else"), f"`else` does what `do` has done: {trigger.do}")
    elif trigger.else_do is not None and trigger.do == "rollback":
        yield source.fault((*loc, "else"), "nothing comes after a rollback")
    if trigger.after_s is not None and trigger.after_s <= trigger.for_s:
        what = "`after` is not longer than `for`: `else` would come before `do`"
        yield source.fault((*loc, "after"), what)
    if trigger.report is not None and trigger.for_s > 0:
        yield source.at_key((*loc, "for"), "a report of a person does not last: `for` has no use")
    if "extend" in {trigger.do, trigger.else_do} and not can_bake:
        yield source.at_key(loc, "`extend` adds time to a bake, and no stage has one")
    default = Trigger.model_fields["by_s"].default
    if trigger.by_s != default and "extend" not in {trigger.do, trigger.else_do}:
        yield source.at_key((*loc, "by"), "`by` belongs to `do: extend`")
