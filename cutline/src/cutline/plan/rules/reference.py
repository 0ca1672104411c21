"""References to fields of probes: `probe.field` or `probe.side.field`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cutline.plan.document import Loc
from cutline.plan.fault import Fault, nearest
from cutline.plan.model import Plan
from cutline.plan.source import Source

COUNT = ("int",)
NUMBERS = ("list(double)", "list(int)")
TEXTS = ("list(string)",)
NUMBER = ("int", "double")
IDS = ("list(string)", "list(int)")


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field of a probe; `side` is None where a text names none: the first side is meant."""

    probe: str
    side: str | None
    field: str
    type: str


def field_ref(plan: Plan, text: str) -> FieldRef | None:
    """Return the field that a text names, or None if there is no such field."""
    match text.split("."):
        case [probe, field] if probe in plan.probes:
            kind = plan.probes[probe].returns.get(field)
            return FieldRef(probe, None, field, kind) if kind else None
        case [probe, side, field] if probe in plan.probes:
            kind = plan.probes[probe].returns.get(field)
            return (
                FieldRef(probe, side, field, kind)
                if kind and side in plan.probes[probe].sides
                else None
            )
        case _:
            return None


def refs(plan: Plan, types: Collection[str] = ()) -> list[str]:
    """Return every reference that a plan may write, of the given types only if any are given."""
    return [
        ".".join((name, *side, field))
        for name, probe in plan.probes.items()
        for field, kind in probe.returns.items()
        if not types or kind in types
        for side in ((), *((one,) for one in probe.sides))
    ]


def check_ref(
    plan: Plan, source: Source, loc: Loc, text: str, types: Collection[str]
) -> Iterator[Fault]:
    """Yield what is wrong with a reference that must be of one of some types."""
    found = field_ref(plan, text)
    if found is None:
        what = f"no probe returns `{text}`"
        yield source.fault(loc, what, nearest(text, refs(plan, types)) or nearest(text, refs(plan)))
    elif found.type not in types:
        what = f"`{text}` is {found.type}, and `{loc[-1]}` wants {' or '.join(types)}"
        yield source.fault(loc, what, nearest(text, refs(plan, types)))


def check_share(plan: Plan, source: Source, loc: Loc, rate: str, of: str | None) -> Iterator[Fault]:
    """Yield what is wrong with `rate: p.a, of: p.b`: two counts that one question answers."""
    if of is None:
        yield source.at_key((*loc, "rate"), "`rate` needs `of`: the count that it is a share of")
        return
    yield from check_ref(plan, source, (*loc, "rate"), rate, COUNT)
    yield from check_ref(plan, source, (*loc, "of"), of, COUNT)
    first, second = field_ref(plan, rate), field_ref(plan, of)
    if first is None or second is None:
        return
    if (first.probe, first.side) != (second.probe, second.side):
        what = f"`{of}` is not measured together with `{rate}`: a share is of one probe and side"
        yield source.fault((*loc, "of"), what)
    elif first == second:
        yield source.fault((*loc, "of"), f"`{of}` over itself is always 100 %")


def check_diagnose(
    plan: Plan, source: Source, loc: Loc, probes: tuple[str, ...]
) -> Iterator[Fault]:
    """Yield what `diagnose` names and no probe is."""
    for number, name in enumerate(probes):
        if name not in plan.probes:
            what = f"`{name}` is no probe"
            yield source.fault((*loc, "diagnose", number), what, nearest(name, plan.probes))
