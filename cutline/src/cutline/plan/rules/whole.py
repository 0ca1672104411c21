"""What concerns the plan as a whole: inputs, hours, watch, switch, rollback, evidence."""

from __future__ import annotations

from collections.abc import Iterator

from cutline.plan.fault import Fault
from cutline.plan.hours import spans, zone
from cutline.plan.model import Input, Plan
from cutline.plan.rules.reference import IDS, check_diagnose, check_ref, check_share
from cutline.plan.source import Source
from cutline.plan.switch import Confirm

_STORES = ("s3://", "file://", "${")


def check_whole(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield what is wrong outside of probes, gates, stages and triggers."""
    for name, one in plan.inputs.items():
        yield from _input(name, one, source)
    yield from _hours(plan, source)
    if plan.watch.blind_after_s < plan.watch.every_s:
        what = "`blind_after` is shorter than `every`: each tick would find the one before blind"
        yield source.fault(("watch", "blind_after"), what)
    yield from _switch(plan, source)
    yield from _rollback(plan, source)
    if plan.evidence.worm is not None and not plan.evidence.worm.startswith(_STORES):
        what = "a store begins with s3:// or file://"
        yield source.fault(("evidence", "worm"), what)
    if plan.evidence.keep_s == 0:
        yield source.fault(("evidence", "keep"), "evidence that is kept for 0 s is none")


def _input(name: str, one: Input, source: Source) -> Iterator[Fault]:
    loc = ("inputs", name)
    if one.secret and one.env is None:
        yield source.at_key(loc, f"the secret input `{name}` names its variable: `env: NAME`")
    if one.secret and one.default is not None:
        yield source.at_key(
            (*loc, "default"), "a secret has no default: it would stand in the plan"
        )
    if one.required and one.default is not None:
        yield source.at_key((*loc, "default"), "what is required has no default")
    if not (one.required or one.secret) and one.default is None and one.env is None:
        what = f"`{name}` has no value: give it `required: true`, a `default` or `env`"
        yield source.at_key(loc, what)


def _hours(plan: Plan, source: Source) -> Iterator[Fault]:
    if plan.hours is None:
        return
    try:
        spans(plan.hours.raising)
    except ValueError as error:
        yield source.fault(("hours", "raise"), str(error))
    try:
        zone(plan.hours.zone)
    except ValueError as error:
        yield source.fault(("hours", "zone"), str(error))


def _switch(plan: Plan, source: Source) -> Iterator[Fault]:
    switch, loc = plan.switch, ("switch",)
    if switch.confirm is not None:
        here = (*loc, "confirm")
        yield from check_share(plan, source, here, switch.confirm.rate, switch.confirm.of)
        yield from _confirm(switch.confirm, source, here)
    if switch.kind == "nop":
        for key in ("apply", "applied", "confirm"):
            if getattr(switch, key) is not None:
                yield source.at_key((*loc, key), f"`{key}` means nothing for the switch `nop`")


def _confirm(confirm: Confirm, source: Source, here: tuple[str, ...]) -> Iterator[Fault]:
    if confirm.over_s is not None and confirm.over_s + confirm.grace_s >= confirm.by_s:
        what = "`over` and `grace` together are not shorter than `by`: it could never be confirmed"
        yield source.fault((*here, "over"), what)
    elif confirm.grace_s >= confirm.by_s:
        yield source.fault((*here, "grace"), "`grace` is not shorter than `by`: nothing is counted")


def _rollback(plan: Plan, source: Source) -> Iterator[Fault]:
    yield from check_diagnose(plan, source, ("rollback",), plan.rollback.diagnose)
    drained = plan.rollback.drained
    if drained is not None and drained.list is not None:
        yield from check_ref(plan, source, ("rollback", "drained", "list"), drained.list, IDS)
