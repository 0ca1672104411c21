"""What of a plan can be judged on the past, and the plans that a backtest drives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cutline.gates import Conditions
from cutline.plan.gate import Gate
from cutline.plan.model import Plan, Rollback
from cutline.plan.stage import Bake, Stage
from cutline.plan.switch import Nop, Switch
from cutline.plan.trigger import Trigger
from cutline.rehearsal.reads import fields_of

WATCHED = "the past"


@dataclass(frozen=True, slots=True)
class Left:
    """Something of a plan that the past says nothing about, and why."""

    what: str
    why: str


def left_out(plan: Plan) -> list[Left]:
    """Return every gate in use and every trigger that is not backtested, and what else is not."""
    conditions = Conditions.of(plan)
    found = [
        Left(f"gate {name}", why)
        for name in dict.fromkeys(name for stage in plan.stages for name in stage.gates)
        if (why := _why_no_gate(plan, plan.gates[name], conditions))
    ]
    found += [
        Left(f"trigger {one.label}", why)
        for one in plan.triggers
        if (why := _why_no_trigger(plan, one, conditions))
    ]
    if plan.switch.confirm is not None:
        found.append(Left("confirm of the switch", "the past had another share of traffic"))
    return found


def bake_plan(plan: Plan, stage: Stage, every_s: float) -> Plan | None:
    """Return a plan of one bake, behind those that its gates compare it with; None without gates.

    Nothing is approved, done or raised in it, a failed gate holds, and no trigger ends it.
    """
    conditions = Conditions.of(plan)
    stages = [one for one in plan.stages if one.name in _compared(plan, stage)]
    kept = [_baked(plan, one, conditions) for one in (*stages, stage)]
    if not kept[-1].gates:
        return None
    return _still(plan, every_s).model_copy(update={"stages": tuple(kept), "triggers": ()})


def watch_plan(plan: Plan, every_s: float, for_s: float) -> Plan | None:
    """Return a plan that only watches the triggers, for so long; None if there are none to watch.

    What a trigger would do is told instead of done, so that the next one is seen as well.
    """
    conditions = Conditions.of(plan)
    kept = [
        one.model_copy(
            update={
                "do": "notify",
                "else_do": None if one.else_do is None else "notify",
                "diagnose": (),
            }
        )
        for one in plan.triggers
        if not _why_no_trigger(plan, one, conditions)
    ]
    if not kept:
        return None
    bake = Bake.model_validate({"for": for_s, "every": every_s})
    stage = Stage(name=WATCHED, bake=bake)
    return _still(plan, every_s).model_copy(update={"stages": (stage,), "triggers": tuple(kept)})


def _still(plan: Plan, every_s: float) -> Plan:
    """Return the plan without what moves traffic, waits for people or for hours."""
    watch = plan.watch.model_copy(update={"every_s": every_s})
    return plan.model_copy(
        update={
            "watch": watch,
            "switch": Switch(nop=Nop()),
            "rollback": Rollback(),
            "hours": None,
            "window": None,
            "acceptance": (),
            "notify": (),
        }
    )


def _baked(plan: Plan, stage: Stage, conditions: Conditions) -> Stage:
    gates = tuple(
        name for name in stage.gates if not _why_no_gate(plan, plan.gates[name], conditions)
    )
    bake = None if stage.bake is None else stage.bake.model_copy(update={"deadline_s": None})
    return stage.model_copy(
        update={
            "approve": None,
            "at": None,
            "steps": (),
            "percent": None,
            "on_fail": "hold",
            "gates": gates,
            "bake": bake,
        }
    )


def _compared(plan: Plan, stage: Stage) -> set[str]:
    names = {one.name for one in plan.stages}
    return {than for name in stage.gates if (than := plan.gates[name].than) in names}


def _why_no_gate(plan: Plan, gate: Gate, conditions: Conditions) -> str:
    if gate.attest is not None:
        return "only a person can say it"
    return _no_past(plan, gate, conditions)


def _why_no_trigger(plan: Plan, trigger: Trigger, conditions: Conditions) -> str:
    if trigger.report is not None:
        return "only a person can report it"
    return _no_past(plan, trigger, conditions)


def _no_past(plan: Plan, one: Gate | Trigger, conditions: Conditions) -> str:
    lacking = dict.fromkeys(_without_past(plan, one, conditions))
    return f"no `past: true`: {', '.join(lacking)}" if lacking else ""


def _without_past(plan: Plan, one: Gate | Trigger, conditions: Conditions) -> Iterator[str]:
    for field in fields_of(one, conditions):
        if not plan.probes[field.probe].past:
            yield field.probe
