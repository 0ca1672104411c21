"""The verdict of a gate or a trigger, by its kind."""

from __future__ import annotations

from cutline.errors import CannotMeasure
from cutline.gates.attest import judge_attest
from cutline.gates.check import judge_check
from cutline.gates.conditions import Conditions
from cutline.gates.no_new import judge_no_new
from cutline.gates.quantile import judge_quantile
from cutline.gates.rate import Limits, judge_limits, judge_rate
from cutline.gates.seen import Seen
from cutline.gates.trend import judge_trend
from cutline.gates.verdict import Judged, Verdict
from cutline.plan.gate import Gate
from cutline.plan.trigger import Trigger


def judge(gate: Gate, name: str, seen: Seen, conditions: Conditions) -> Judged:
    """Judge a gate on what was seen. Pure; what could not be measured is BLIND, never an error."""
    try:
        return _judged(gate, name, seen, conditions)
    except CannotMeasure as error:
        return blind(error)


def judge_trigger(trigger: Trigger, seen: Seen, conditions: Conditions) -> Judged:
    """Judge the symptom of a trigger: FAIL says that it is there, PASS that it is not."""
    try:
        return _symptom(trigger, seen, conditions)
    except CannotMeasure as error:
        return blind(error)


def blind(error: CannotMeasure) -> Judged:
    """Return what could not be measured as a verdict, with its reason in one line."""
    return Judged(Verdict.BLIND, ": ".join(part for part in (error.what, error.why) if part))


def _judged(gate: Gate, name: str, seen: Seen, conditions: Conditions) -> Judged:
    match gate.kind:
        case "check":
            return judge_check(str(gate.check), seen, conditions)
        case "rate":
            return judge_rate(gate, seen, conditions)
        case "quantile":
            return judge_quantile(gate, seen, conditions)
        case "no_new":
            return judge_no_new(gate, seen, conditions)
        case "no_upward":
            return judge_trend(gate, seen, conditions)
        case "attest":
            return judge_attest(gate, name, seen)
        case kind:
            raise CannotMeasure(f"no gate of the kind {kind}")


def _symptom(trigger: Trigger, seen: Seen, conditions: Conditions) -> Judged:
    match trigger.kind:
        case "rate":
            limits = Limits(trigger.below, trigger.above, trigger.sure, trigger.needs)
            return judge_limits((trigger.rate, trigger.of), limits, seen, conditions)
        case "when":
            found = judge_check(str(trigger.when), seen, conditions)
            is_there = found.verdict is Verdict.PASS
            return Judged(Verdict.FAIL if is_there else Verdict.PASS, found.why, found.figures)
        case "report":
            is_there = trigger.report in seen.reported
            why = f"{trigger.report} is reported" if is_there else f"no {trigger.report} reported"
            return Judged(Verdict.FAIL if is_there else Verdict.PASS, why)
        case kind:
            raise CannotMeasure(f"no trigger of the kind {kind}")
