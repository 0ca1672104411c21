"""What `cutline check` tells about a plan: its stages, who decides, and what it could not check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cutline.plan.compress import largest_factor
from cutline.plan.digest import canonical
from cutline.plan.duration import words
from cutline.plan.interpolate import names
from cutline.plan.load import Loaded
from cutline.plan.model import Plan
from cutline.plan.people import Decision, decisions, reachable_by
from cutline.plan.rules.step import all_steps
from cutline.plan.stage import Stage


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage: what is done in order, and the least time that it takes."""

    name: str
    is_done: tuple[str, ...]
    least_s: float
    marks_s: tuple[float, ...]
    has_no_return: bool


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision: what is asked of whom, and who can give it."""

    checkpoint: str
    stage: str
    asks: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A plan that is valid, as people read it before they start it."""

    plan: str
    digest: str
    stages: tuple[StageRow, ...]
    decisions: tuple[DecisionRow, ...]
    no_return: str | None
    least_s: float
    largest_factor: float
    not_checked: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the same as a JSON object."""
        return asdict(self)


def report(
    loaded: Loaded, environment: Mapping[str, str], is_there: Callable[[str], bool]
) -> CheckReport:
    """Return the report on a loaded plan.

    `is_there` tells of a program, as a step names it, whether this machine has it.
    """
    plan = loaded.plan
    rows = tuple(_row(plan, stage) for stage in plan.stages)
    return CheckReport(
        plan=plan.name,
        digest=loaded.digest,
        stages=rows,
        decisions=tuple(_decision(plan, one) for one in decisions(plan)),
        no_return=_point_of_no_return(plan),
        least_s=sum(row.least_s for row in rows),
        largest_factor=largest_factor(plan),
        not_checked=tuple(_not_checked(loaded, environment, is_there)),
        notes=tuple(_notes(plan)),
        warnings=tuple(str(one) for one in loaded.warnings),
    )


def _row(plan: Plan, stage: Stage) -> StageRow:
    bake = stage.bake
    return StageRow(
        stage.name,
        tuple(_done(plan, stage)),
        bake.for_s if bake else 0.0,
        bake.marks_s if bake else (),
        stage.has_no_return,
    )


def _done(plan: Plan, stage: Stage) -> Iterator[str]:
    """Yield what is done in a stage, in its order."""
    if stage.at is not None:
        yield f"begins at {stage.at} (late by {words(stage.slack_s)} asks a person)"
    if stage.approve is not None:
        yield f"approval {_asks(next(d for d in decisions(plan) if d.stage == stage.name))}"
    for step in stage.steps:
        yield f"{step.kind} {step.name}" + (" — NO RETURN" if step.no_return else "")
    if stage.percent is not None:
        yield f"raise to {stage.percent} %"
        if plan.switch.confirm is not None:
            yield f"confirm by {plan.switch.confirm.rate} within {words(plan.switch.confirm.by_s)}"
    if stage.bake is not None:
        yield f"bake {words(stage.bake.for_s)}, looked at each {words(stage.bake.every_s)}"
    for name in stage.gates:
        gate = plan.gates[name]
        when = "" if gate.at == "instants" else f" at {gate.at}"
        yield f"gate {name}{when}" + (" (warns)" if gate.severity == "WARNING" else "")
    if stage.on_fail != "hold":
        yield f"on a failed gate: {stage.on_fail}"


def _asks(decision: Decision) -> str:
    who = " and ".join(decision.roles) or "anybody"
    count = "" if decision.people_wanted == 1 else f", {decision.people_wanted} people"
    return f"by {who}{count}, {decision.identity}"


def _decision(plan: Plan, decision: Decision) -> DecisionRow:
    people = reachable_by(plan, decision)
    if not plan.people and not decision.roles:
        people = ("anybody",)
    return DecisionRow(decision.checkpoint, decision.stage, _asks(decision), people)


def _point_of_no_return(plan: Plan) -> str | None:
    for stage in plan.stages:
        for step in stage.steps:
            if step.no_return:
                return f"step {step.name} of stage {stage.name}"
    return None


def _not_checked(
    loaded: Loaded, environment: Mapping[str, str], is_there: Callable[[str], bool]
) -> Iterator[str]:
    plan = loaded.plan
    yield from (f"the input {name} has no value here" for name in loaded.missing)
    for variable in dict.fromkeys(_variables(canonical(plan))):
        if not environment.get(variable):
            yield f"the environment has no {variable} here"
    for program in dict.fromkeys(_programs(plan)):
        if names_nothing(program) and not is_there(program):
            yield f"the program {program} is not here"
    if plan.probes:
        yield f"no probe was asked: {', '.join(plan.probes)} (`cutline backtest` asks them)"
    for what in _of_other_packages(plan):
        yield f"{what} is known to its own package alone"
    if plan.switch.kind != "nop":
        yield f"the switch {plan.switch.kind} was neither read nor set"


def _of_other_packages(plan: Plan) -> Iterator[str]:
    for name, probe in plan.probes.items():
        if probe.extension is not None:
            yield f"what {probe.kind} means to the probe {name}"
    for _, step in all_steps(plan):
        if step.extension is not None:
            yield f"what {step.kind} means to the step {step.name}"


def names_nothing(text: str) -> bool:
    """Say whether a text has no placeholder: what it says is known before a run."""
    return not names(text)


def _variables(data: object) -> Iterator[str]:
    match data:
        case {"env": str(name)}:
            yield name
        case dict():
            for value in data.values():
                yield from _variables(value)
        case list():
            for value in data:
                yield from _variables(value)


def _programs(plan: Plan) -> Iterator[str]:
    commands = [plan.switch.apply]
    if plan.switch.command is not None:
        commands += [plan.switch.command.set, plan.switch.command.read]
    commands += [probe.command.argv for probe in plan.probes.values() if probe.command]
    for _, step in all_steps(plan):
        commands += [step.command, step.undo]
        if step.drill is not None:
            commands += [step.drill.roll_back, step.drill.roll_forward]
    yield from (command[0] for command in commands if command)


def _notes(plan: Plan) -> Iterator[str]:
    asked = [
        step.name
        for _, step in all_steps(plan)
        if step.kind not in {"checkpoint", "wait_for", "seal"}
        and step.done is None
        and not step.repeatable
    ]
    if asked:
        yield f"cut off, a person is asked whether they were done: {', '.join(asked)}"
    if plan.switch.kind != "nop" and plan.switch.confirm is None:
        yield "no `confirm`: a switch that lies about itself is not found out by traffic"
    if plan.evidence.worm is None:
        yield "no `evidence.worm`: the seal stays on this machine"
    if plan.evidence.key is None:
        yield "no `evidence.key`: heads are not signed by a key of yours"
