"""What a plan asks for in a stage, found once: which gates and triggers read which probes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cutline.gates.conditions import Conditions
from cutline.gates.field import Field
from cutline.plan.gate import Gate
from cutline.plan.model import Plan
from cutline.plan.stage import Stage
from cutline.plan.trigger import Trigger
from cutline.run.bake import BakeRules
from cutline.run.state import State

Key = tuple[str, str | None]  # a probe and its side
SEVERITIES = ("critical", "high", "medium", "low")
_FOREVER_S = float("inf")
_KEPT = 256


@dataclass(frozen=True, slots=True)
class Reads:
    """A gate, or another condition, with the probes that it reads.

    `lists` are the fields whose lists it wants; `than_stage` is the stage whose baseline it is
    compared with.
    """

    name: str
    gate: Gate
    keys: tuple[Key, ...]
    lists: frozenset[tuple[str, str]]
    than_stage: str = ""
    is_past: bool = False

    @property
    def is_blocker(self) -> bool:
        """Say whether the gate blocks."""
        return self.gate.severity == "BLOCKER"


@dataclass(frozen=True, slots=True)
class Watches:
    """A trigger with the probes that it reads, and the places of its fields in `Scope.watched`."""

    label: str
    trigger: Trigger
    keys: tuple[Key, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Everything of a plan that a tick in one stage needs; it depends on nothing that changes."""

    plan: Plan
    stage: Stage | None
    conditions: Conditions
    rules: BakeRules
    over: Mapping[str, timedelta]
    gates: tuple[Reads, ...]
    attests: tuple[Reads, ...]  # those of the gates that want a person's word
    standing: tuple[Reads, ...]
    standing_stage: Stage | None
    triggers: tuple[Watches, ...]
    watching: Mapping[Key, int]  # the probes that triggers read, each once, by place
    spans: tuple[timedelta, ...]  # the spans over which those are asked, each once
    asked: tuple[tuple[str, str | None, int], ...]  # the same probes, with the places of spans
    watched: tuple[tuple[Key, str, timedelta | None], ...]  # their fields, and how old they may be
    baseline: tuple[Key, ...]
    trends: tuple[tuple[str, Key, str], ...]
    looks: int

    def reads(self, name: str, check: str) -> Reads:
        """Return what a condition of its own reads: `done`, `drained.check`."""
        return _reads(name, Gate(check=check), self.plan, self.conditions)


_scopes: dict[tuple[int, int, float, datetime | None], Scope] = {}
_latest: list[tuple[Plan, int, float, datetime | None, Scope]] = []


def scope_of(state: State) -> Scope:
    """Return the scope of a state; the same object as long as plan, stage and extension stay."""
    since = state.raised_at or state.stage_at
    # Asked some times in a tick, always for the same: found without making a key.
    for plan, index, extra_s, at, scope in _latest:
        is_same = plan is state.plan and at is since and index == state.stage_index
        if is_same and extra_s == state.extra_s:
            return scope
    key = (id(state.plan), state.stage_index, state.extra_s, since)
    found = _scopes.get(key)
    if found is None or found.plan is not state.plan:
        if len(_scopes) >= _KEPT:
            _scopes.clear()
        found = _scopes[key] = _scope(state, since)
    _latest[:] = [(state.plan, state.stage_index, state.extra_s, since, found)]
    return found


def keys_of(plan: Plan, probes: Iterable[str]) -> tuple[Key, ...]:
    """Return every side of those probes."""
    return tuple(
        (name, side)
        for name in probes
        if name in plan.probes
        for side in (plan.probes[name].sides or (None,))
    )


def rules_of(plan: Plan, stage: Stage | None, extra_s: float) -> BakeRules:
    """Return what a stage asks of its clock; one without a bake has only its end as a mark."""
    if stage is None or stage.bake is None:
        return BakeRules(0.0, plan.watch.every_s, _FOREVER_S, _FOREVER_S, (extra_s,))
    bake = stage.bake
    marks = tuple(sorted({*bake.marks_s, bake.for_s + extra_s}))
    return BakeRules(bake.for_s + extra_s, bake.every_s, bake.gap_s, bake.max_hold_s, marks)


def _scope(state: State, since: datetime | None) -> Scope:
    plan, stage = state.plan, state.stage
    statics: dict[str, object] = {f"inputs.{k}": v for k, v in state.origin.inputs.items()}
    statics |= {"stage.since": since, "stage.name": state.stage_name, "run.id": state.run}
    conditions = Conditions.of(plan, statics)
    owner = _standing_stage(state)
    gates = _all(stage, plan, conditions)
    rules = rules_of(plan, stage, state.extra_s)
    places: dict[tuple[Key, str], int] = {}
    triggers = tuple(_watches(plan, conditions, places))
    watching = dict.fromkeys(key for one in triggers for key in one.keys)
    over = {name: timedelta(seconds=one.over_s) for name, one in plan.probes.items()}
    spans = tuple(dict.fromkeys(over[probe] for probe, _ in watching))
    return Scope(
        plan=plan,
        stage=stage,
        conditions=conditions,
        rules=rules,
        over=over,
        gates=gates,
        attests=tuple(one for one in gates if one.gate.attest is not None),
        standing=tuple(
            one
            for one in _all(owner, plan, conditions)
            if one.is_blocker and one.gate.at == "instants" and one.gate.attest is None
        ),
        standing_stage=owner,
        triggers=triggers,
        watching={key: place for place, key in enumerate(watching)},
        spans=spans,
        asked=tuple((probe, side, spans.index(over[probe])) for probe, side in watching),
        watched=tuple((key, name, _limit(conditions.fresh_s.get(key[0]))) for key, name in places),
        baseline=_baseline(plan, stage, conditions),
        trends=tuple(_trends(gates, conditions)),
        looks=len(rules.marks_s),
    )


def _standing_stage(state: State) -> Stage | None:
    """Return the last stage before this one that had gates: they hold while the next waits."""
    earlier = state.plan.stages[: max(0, state.stage_index)]
    return next((stage for stage in reversed(earlier) if stage.gates), None)


def _all(stage: Stage | None, plan: Plan, conditions: Conditions) -> tuple[Reads, ...]:
    names = stage.gates if stage is not None else ()
    return tuple(_reads(name, plan.gates[name], plan, conditions) for name in names)


def _reads(name: str, gate: Gate, plan: Plan, conditions: Conditions) -> Reads:
    keys: dict[Key, None] = {}
    lists: set[tuple[str, str]] = set()
    than_stage = ""
    for probe, side, field in _fields(gate, conditions):
        keys[probe, side] = None
        if plan.probes[probe].returns.get(field, "").startswith("list("):
            lists.add((probe, field))
        if gate.than is not None and gate.than in plan.probes[probe].sides:
            keys[probe, gate.than] = None
        elif gate.than is not None:
            than_stage = gate.than
    is_past = all(plan.probes[probe].past for probe, _ in keys)
    return Reads(name, gate, tuple(keys), frozenset(lists), than_stage, is_past)


def _fields(gate: Gate, conditions: Conditions) -> Iterator[tuple[str, str | None, str]]:
    if gate.check is not None:
        for _, field in conditions.compiled(gate.check).fields:
            yield field.probe, field.side, field.name
    named = [gate.rate, gate.of, gate.no_new, gate.no_upward]
    for text in named:
        if text is not None:
            field = conditions.field(text)
            yield field.probe, field.side, field.name


def _watches(
    plan: Plan, conditions: Conditions, places: dict[tuple[Key, str], int]
) -> Iterator[Watches]:
    """Yield the triggers, the most severe first; each of their fields gets a place, once."""
    for trigger in sorted(plan.triggers, key=lambda one: SEVERITIES.index(one.severity)):
        fields: list[Field] = []
        if trigger.when is not None:
            fields += [field for _, field in conditions.compiled(trigger.when).fields]
        fields += [
            conditions.field(text) for text in (trigger.rate, trigger.of) if text is not None
        ]
        keys = {(field.probe, field.side): None for field in fields}
        own = tuple(
            places.setdefault(((field.probe, field.side), field.name), len(places))
            for field in fields
        )
        yield Watches(trigger.label, trigger, tuple(keys), own)


def _limit(fresh_s: float | None) -> timedelta | None:
    return None if fresh_s is None else timedelta(seconds=fresh_s)


def _baseline(plan: Plan, stage: Stage | None, conditions: Conditions) -> tuple[Key, ...]:
    """Return what later stages compare themselves with in this one."""
    if stage is None:
        return ()
    keys: dict[Key, None] = {}
    names = {name for one in plan.stages for name in one.gates}
    for name in sorted(names):
        gate = plan.gates[name]
        if gate.than == stage.name:
            for probe, side, _ in _fields(gate, conditions):
                if gate.than not in plan.probes[probe].sides:
                    keys[probe, side] = None
    return tuple(keys)


def _trends(gates: Iterable[Reads], conditions: Conditions) -> Iterator[tuple[str, Key, str]]:
    for one in gates:
        if one.gate.no_upward is not None:
            field = conditions.field(one.gate.no_upward)
            yield one.gate.no_upward, (field.probe, field.side), field.name
