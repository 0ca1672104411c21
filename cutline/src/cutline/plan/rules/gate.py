"""Gates: the keys of their kind, fields of the right type, margins, and what they compare with."""

from __future__ import annotations

from collections.abc import Iterator

from cutline.plan.document import Loc
from cutline.plan.fault import Fault, nearest
from cutline.plan.gate import Gate
from cutline.plan.model import Plan
from cutline.plan.rules.reference import (
    NUMBER,
    NUMBERS,
    TEXTS,
    check_diagnose,
    check_ref,
    check_share,
    field_ref,
)
from cutline.plan.source import Source

_COMPARING = (
    *("of", "at_least", "at_most", "than", "margin", "margin_pct", "worse", "sure", "needs"),
)
KEYS = {
    "check": (),
    "rate": _COMPARING,
    "quantile": tuple(key for key in _COMPARING if key != "at_least"),
    "no_new": ("than", "needs"),
    "no_upward": ("margin", "margin_pct", "sure", "needs"),
    "attest": ("equals",),
}
ONLY_SOME = (*_COMPARING, "equals")


def check_gates(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield what is wrong with each gate, and warn of gates that no stage names."""
    used = {name for stage in plan.stages for name in stage.gates}
    for name, gate in plan.gates.items():
        loc = ("gates", name)
        yield from _keys(gate, loc, source)
        yield from _fields(plan, gate, loc, source)
        yield from _bounds(gate, loc, source)
        yield from _comparison(plan, gate, loc, source)
        yield from check_diagnose(plan, source, loc, gate.diagnose)
        if name not in used:
            yield source.warning(loc, f"no stage names the gate `{name}`: it is never judged")


def _keys(gate: Gate, loc: Loc, source: Source) -> Iterator[Fault]:
    """Refuse keys that mean nothing for the kind: whoever wrote them expected something."""
    for key in ONLY_SOME:
        default = Gate.model_fields[key].default
        if key not in KEYS[gate.kind] and getattr(gate, key) != default:
            yield source.at_key((*loc, key), f"`{key}` means nothing for a `{gate.kind}` gate")
    if gate.kind == "attest":
        if gate.equals is None:
            yield source.at_key(loc, "an `attest` gate needs `equals`: the value that passes")
        if gate.at == "instants":
            what = "an `attest` gate is asked `at: marks` or `at: end`, not at every instant"
            yield source.at_key(loc, what)


def _fields(plan: Plan, gate: Gate, loc: Loc, source: Source) -> Iterator[Fault]:
    if gate.rate is not None:
        yield from check_share(plan, source, loc, gate.rate, gate.of)
    if gate.quantile is not None:
        if gate.of is None:
            what = "`quantile` needs `of`: a field that is list(double)"
            yield source.at_key((*loc, "quantile"), what)
        else:
            yield from check_ref(plan, source, (*loc, "of"), gate.of, NUMBERS)
    if gate.no_new is not None:
        yield from check_ref(plan, source, (*loc, "no_new"), gate.no_new, TEXTS)
    if gate.no_upward is not None:
        yield from check_ref(plan, source, (*loc, "no_upward"), gate.no_upward, NUMBER)


def _bounds(gate: Gate, loc: Loc, source: Source) -> Iterator[Fault]:
    """Yield a gate that has no bound, several, or one that nothing reaches."""
    if gate.kind == "no_new" and gate.than is None:
        yield source.at_key(loc, "`no_new` needs `than`: a side or a stage whose errors are known")
    if gate.kind not in {"rate", "quantile"}:
        return
    wanted = [key for key in ("at_least", "at_most", "than") if key in KEYS[gate.kind]]
    given = [key for key in wanted if getattr(gate, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        what = f"a `{gate.kind}` gate has exactly one of {', '.join(wanted)}; found {found}"
        yield source.at_key((*loc, given[1]) if given else loc, what)
    if gate.kind == "rate":
        for key in ("at_least", "at_most"):
            value = getattr(gate, key)
            if value is not None and not 0 <= value <= 100:  # noqa: PLR2004  # per cent
                yield source.fault((*loc, key), f"`{key}` of a rate is per cent, from 0 to 100")


def _comparison(plan: Plan, gate: Gate, loc: Loc, source: Source) -> Iterator[Fault]:
    margins = [key for key in ("margin", "margin_pct") if getattr(gate, key) is not None]
    if len(margins) > 1:
        what = "`margin` (points) and `margin_pct` (per cent of the reference): one of them"
        yield source.at_key((*loc, margins[1]), what)
    if gate.than is None:
        given = [*margins, *(["worse"] if gate.worse else [])]
        for key in given if gate.kind in {"rate", "quantile"} else ():
            yield source.at_key((*loc, key), f"`{key}` belongs to `than`")
        return
    if gate.kind in {"rate", "quantile"}:
        yield from _margin(gate, margins, loc, source)
    if gate.at == "instants" and "than" in KEYS[gate.kind]:
        what = "a comparison is judged `at: marks` or `at: end`, not at every instant"
        yield source.at_key((*loc, "than"), what)
    yield from _than(plan, gate, loc, source)


def _margin(gate: Gate, margins: list[str], loc: Loc, source: Source) -> Iterator[Fault]:
    if not margins:
        what = "a comparison without a margin fails half of identical systems: add `margin`"
        yield source.at_key((*loc, "than"), what)
    elif getattr(gate, margins[0]) == 0:
        what = f"`{margins[0]}: 0` fails half of identical systems"
        yield source.fault((*loc, margins[0]), what)


def _than(plan: Plan, gate: Gate, loc: Loc, source: Source) -> Iterator[Fault]:
    """Yield a reference that is neither a side of the probe nor a stage with a bake."""
    measured = field_ref(plan, gate.rate or gate.no_new or gate.of or "")
    if measured is None or gate.than is None:
        return  # the field itself was refused
    probe = plan.probes[measured.probe]
    stages = {stage.name: stage for stage in plan.stages}
    here = (*loc, "than")
    if gate.than in probe.sides:
        if gate.than in stages:
            yield source.fault(here, f"`{gate.than}` is a side and a stage: rename the stage")
        if gate.than == (measured.side or probe.sides[0]):
            yield source.fault(here, f"`{gate.than}` is what is measured: it equals itself")
    elif gate.than not in stages:
        known = [*probe.sides, *stages]
        what = f"`{gate.than}` is neither a side of `{measured.probe}` nor a stage"
        yield source.fault(here, what, nearest(gate.than, known))
    elif stages[gate.than].bake is None:
        yield source.fault(here, f"the stage `{gate.than}` has no bake to be compared with")
    elif probe.over_s == 0 and not probe.past:
        what = f"`{measured.probe}` measures an instant: a whole stage needs `over` or `past: true`"
        yield source.fault(here, what)
