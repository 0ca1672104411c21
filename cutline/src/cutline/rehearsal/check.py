"""Whether a scenario fits a plan: the names that it uses, and what the plan has to be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cutline.gates import Conditions
from cutline.plan.document import Loc
from cutline.plan.fault import Fault, nearest
from cutline.plan.gate import Gate
from cutline.plan.load import Loaded
from cutline.plan.model import Plan
from cutline.plan.probe import FieldType
from cutline.plan.source import Source
from cutline.plan.trigger import Trigger
from cutline.rehearsal.people import ANY
from cutline.rehearsal.reads import fields_of
from cutline.rehearsal.scenario import METRICS, Event, Moment, Scenario
from cutline.rehearsal.timeline import START

_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "double": (int, float),
    "string": (str,),
    "bool": (bool,),
}


def check_scenario(scenario: Scenario, loaded: Loaded, source: Source) -> list[Fault]:
    """Return everything in a scenario that does not fit the plan."""
    checks = (_moments, _probes, _unsaid, _steps, _people, _inputs, _reports)
    found = [fault for check in checks for fault in check(scenario, loaded.plan, source)]
    found += _missing(scenario, loaded, source)
    return sorted(found, key=lambda one: (one.file, one.line, one.column))


def _moments(scenario: Scenario, plan: Plan, source: Source) -> Iterator[Fault]:
    stages = [START, *(stage.name for stage in plan.stages)]
    said: list[tuple[Loc, Moment]] = [
        (("events", number, "at"), event.at) for number, event in enumerate(scenario.events)
    ]
    expect = scenario.expect
    if expect is not None:
        said += [(("expect", "at"), one) for one in expect.between or ()]
        if expect.stage is not None:
            said.append((("expect", "stage"), Moment(stage=expect.stage)))
    for loc, moment in said:
        if moment.stage not in stages:
            what = f"the plan has no stage `{moment.stage}`"
            yield source.fault(loc, what, nearest(moment.stage, stages))


def _probes(scenario: Scenario, plan: Plan, source: Source) -> Iterator[Fault]:
    for name, fields in scenario.probes.items():
        yield from _said(("probes", name), name, fields, plan, source)
    for number, event in enumerate(scenario.events):
        if event.probe is not None:
            loc: Loc = ("events", number)
            values = event.values or {}
            yield from _said((*loc, "values"), event.probe, values, plan, source, (*loc, "probe"))


def _said(  # where, which, what
    loc: Loc,
    name: str,
    fields: Mapping[str, object],
    plan: Plan,
    source: Source,
    named_at: Loc | None = None,
) -> Iterator[Fault]:
    probe = plan.probes.get(name)
    if probe is None:
        what = f"the plan has no probe `{name}`"
        where = source.at_key if named_at is None else source.fault
        yield where(named_at or loc, what, nearest(name, plan.probes))
        return
    for field, value in fields.items():
        kind = probe.returns.get(field)
        if kind is None:
            what = f"the probe `{name}` returns no `{field}`"
            yield source.at_key((*loc, field), what, nearest(field, probe.returns))
        else:
            yield from _value((*loc, field), value, kind, source)


def _value(loc: Loc, value: object, kind: FieldType, source: Source) -> Iterator[Fault]:
    if isinstance(value, str) and value.startswith("$"):
        metric = METRICS.get(value)
        if metric is None:
            what = f"`{value}` is no measure of the simulated work: {', '.join(METRICS)}"
            yield source.fault(loc, what, nearest(value, METRICS))
        elif metric != kind and not (metric == "int" and kind == "double"):
            yield source.fault(loc, f"`{value}` is {metric}, and the probe returns {kind} here")
    elif not _is(value, kind):
        yield source.fault(loc, f"{kind} is what the probe returns here; this is none")


def _is(value: object, kind: str) -> bool:
    if kind.startswith("list("):
        inner = kind.removeprefix("list(").removesuffix(")")
        return isinstance(value, list | tuple) and all(_is(one, inner) for one in value)
    if isinstance(value, bool):
        return kind == "bool"
    return isinstance(value, _TYPES[kind])


def _unsaid(scenario: Scenario, plan: Plan, source: Source) -> Iterator[Fault]:
    """Find what gates and triggers read and nobody says: it would be blind, and nothing else."""
    missing: dict[str, list[str]] = {}
    for what, probe, field in _read(plan):
        said = scenario.probes.get(probe)
        if said is None:
            missing.setdefault(f"probe `{probe}`", []).append(what)
        elif field not in said:
            missing.setdefault(f"field `{field}` of probe `{probe}`", []).append(what)
    for name, readers in missing.items():
        by = ", ".join(dict.fromkeys(readers))
        what = f"it does not say what the {name} measures; read by {by}"
        yield source.at_key(("probes",), what)


def _read(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Yield who reads which field of which probe: gates in use, triggers, confirm, drained."""
    conditions = Conditions.of(plan)
    for stage in plan.stages:
        for name in stage.gates:
            yield from _of(f"the gate `{name}`", plan.gates[name], conditions)
        for step in stage.steps:
            if step.wait_for is not None:
                gate = Gate(check=step.wait_for.check)
                yield from _of(f"the step `{step.name}`", gate, conditions)
    for trigger in plan.triggers:
        yield from _of(f"the trigger `{trigger.label}`", trigger, conditions)
    if plan.switch.confirm is not None:
        confirm = plan.switch.confirm
        for text in (confirm.rate, confirm.of):
            field = conditions.field(text)
            yield "`confirm` of the switch", field.probe, field.name
    if plan.rollback.drained is not None:
        gate = Gate(check=plan.rollback.drained.check)
        yield from _of("`drained` of the rollback", gate, conditions)


def _of(what: str, one: Gate | Trigger, conditions: Conditions) -> Iterator[tuple[str, str, str]]:
    for field in fields_of(one, conditions):
        yield what, field.probe, field.name


def _steps(scenario: Scenario, plan: Plan, source: Source) -> Iterator[Fault]:
    steps = [step.name for stage in plan.stages for step in stage.steps]
    for name in scenario.steps:
        if name not in steps:
            what = f"the plan has no step `{name}`"
            yield source.at_key(("steps", name), what, nearest(name, steps))
        for probe, values in scenario.steps[name].then.items():
            yield from _said(("steps", name, "then", probe), probe, values, plan, source)


def checkpoints_of(plan: Plan) -> list[str]:
    """Return the names of all checkpoints that a plan may open."""
    found = [stage.name for stage in plan.stages if stage.approve is not None]
    found += [step.name for stage in plan.stages for step in stage.steps if step.checkpoint]
    found += [name for name, gate in plan.gates.items() if gate.attest is not None]
    found += [one.label for one in plan.triggers if "ask" in {one.do, one.else_do}]
    return found


def _people(scenario: Scenario, plan: Plan, source: Source) -> Iterator[Fault]:
    known = [ANY, *checkpoints_of(plan)]
    for number, answer in enumerate(scenario.people):
        name = answer.checkpoint
        if name not in known and not name.startswith(("override ", "amend")):
            what = f"the plan has no checkpoint `{name}`"
            yield source.fault(("people", number, "checkpoint"), what, nearest(name, known))
        by = (answer.by,) if isinstance(answer.by, str) else answer.by
        for person in _strangers(by, plan):
            what = f"`{person}` is not among the plan's people"
            yield source.fault(("people", number, "by"), what, nearest(person, plan.people))


def _strangers(by: Iterable[str], plan: Plan) -> list[str]:
    return [person for person in by if plan.people and person not in plan.people]


def _inputs(scenario: Scenario, plan: Plan, source: Source) -> Iterator[Fault]:
    for name in scenario.inputs:
        if name not in plan.inputs:
            what = f"the plan has no input `{name}`"
            yield source.at_key(("inputs", name), what, nearest(name, plan.inputs))


def _missing(scenario: Scenario, loaded: Loaded, source: Source) -> Iterator[Fault]:
    """Find inputs without a value that a condition reads; others only real probes would need."""
    plan = loaded.plan
    conditions = Conditions.of(plan)
    texts = [gate.check for gate in plan.gates.values()]
    texts += [trigger.when for trigger in plan.triggers]
    for stage in plan.stages:
        texts += [step.done for step in stage.steps]
        texts += [step.wait_for.check for step in stage.steps if step.wait_for is not None]
    read = {name for text in texts if text for name in conditions.compiled(text).condition.names}
    for name in loaded.missing:
        if name not in scenario.inputs and f"inputs.{name}" in read:
            what = f"the input `{name}` has no value: --input {name}=…, or under `inputs` here"
            yield source.at_key(("inputs",), what)


def _reports(scenario: Scenario, plan: Plan, source: Source) -> Iterator[Fault]:
    words = [trigger.report for trigger in plan.triggers if trigger.report is not None]
    for number, event in enumerate(scenario.events):
        if event.report is not None and event.report not in words:
            what = f"no trigger of the plan is raised by the report `{event.report}`"
            yield source.fault(("events", number, "report"), what, nearest(event.report, words))
        if not _does_anything(event):
            yield source.fault(("events", number), "this event says a time, and nothing happens")


def _does_anything(event: Event) -> bool:
    idle = {"at", "for_s", "by", "data", "probe"}
    own = event.model_dump(exclude=idle)
    return event.driver_absent or any(
        value is not None for value in own.values() if value is not False
    )
