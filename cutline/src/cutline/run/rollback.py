"""What a rollback does next (rule 8): each of its states is idempotent and tried at every tick."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from cutline.gates.verdict import Verdict
from cutline.run.action import Action, Diagnose, Record, SetSwitch, StartStep
from cutline.run.kinds import Kind
from cutline.run.schedule import DRAINED
from cutline.run.state import Rollback, State
from cutline.run.stepping import StepIs, StepState
from cutline.run.transitions import Back
from cutline.run.world import Call


def rolling(state: State, now: datetime) -> list[Action]:  # noqa: PLR0911  # one return a case
    """Return what comes next in a rollback; nothing while it waits for the world or a tick."""
    back = state.rollback
    if back is None:
        return []
    if back.state not in {Back.LOWERING, Back.ROLLED_BACK} and _is_up(state):
        why = f"the switch was found at {state.traffic.seen} %"
        return [_to(Back.LOWERING, why)]
    match back.state:
        case Back.LOWERING:
            return lowering(state)
        case Back.READ_BACK:
            return _read_back(state)
        case Back.CONFIRMING:
            return _confirming(state, back, now)
        case Back.DRAINING:
            return _draining(state, back, now)
        case Back.UNDOING:
            return _undoing(state, back)
        case Back.ROLLED_BACK:
            return []
        case _:
            assert_never(back.state)


def lowering(state: State) -> list[Action]:
    """Set the switch to 0, once a tick, until it is set and in force."""
    traffic = state.traffic
    is_set = traffic.percent == 0 and traffic.setting is None and traffic.applied_at is not None
    if is_set and not _is_up(state):
        return [_to(Back.READ_BACK, "the switch is set to 0 %")]
    if traffic.is_tried:
        return []
    return [SetSwitch(0, "rollback")]


def _is_up(state: State) -> bool:
    """Say whether v2 may still have traffic although the switch was set to 0."""
    traffic = state.traffic
    return bool(traffic.seen) or bool(traffic.percent) or not traffic.is_applied


def _read_back(state: State) -> list[Action]:
    if state.traffic.seen is None:
        return []
    return [_to(Back.CONFIRMING, "the switch was read back: 0 %")]


def _confirming(state: State, back: Rollback, now: datetime) -> list[Action]:
    confirm, traffic = state.plan.switch.confirm, state.traffic
    if confirm is None or state.plan.switch.kind == "nop":
        return [_to(Back.DRAINING, "the plan does not say how traffic shows the switch")]
    if traffic.confirmed is Verdict.PASS:
        return [_to(Back.DRAINING, f"seen: {traffic.confirm_why}")]
    since = back.since or back.at
    if (now - since).total_seconds() < confirm.by_s:
        return []
    why = f"set, but not seen: {traffic.confirm_why or 'no traffic was measured'}"
    told: list[Action] = []
    if not any(one.what == "lowering not confirmed" for one in state.deviations):
        data = {"what": "lowering not confirmed", "why": why}
        told = [Record(Kind.DEVIATION, data)]
    return [*told, _to(Back.DRAINING, why)]


def _draining(state: State, back: Rollback, now: datetime) -> list[Action]:
    if not back.is_diagnosed:
        return [Diagnose("rollback", back.why, _diagnosed_by(state, back))]
    drained = state.plan.rollback.drained
    if drained is None:
        return [_to(Back.UNDOING, "the plan waits for nothing to drain")]
    if "drain" in state.excused:
        return [_to(Back.UNDOING, "a person said so; not all has drained")]
    seen = state.gates.get(DRAINED)
    is_now = seen is not None and seen.at == state.ticked_at
    if seen is not None and is_now and seen.verdict is Verdict.PASS:
        return [_to(Back.UNDOING, f"drained: {seen.why}")]
    since = back.since or back.at
    if (now - since).total_seconds() < drained.timeout_s or "drain" in state.pauses:
        return []
    why = f"v2 has not drained in time: {seen.why if seen is not None else 'not measured'}"
    return [Record(Kind.PAUSED, {"reason": "drain", "why": why})]


def _diagnosed_by(state: State, back: Rollback) -> tuple[str, ...]:
    """Return the probes that the plan and the trigger want to be asked, each once."""
    asked = dict.fromkeys(state.plan.rollback.diagnose)
    for trigger in state.plan.triggers:
        if trigger.label == back.trigger:
            asked |= dict.fromkeys(trigger.diagnose)
    return tuple(asked)


def _undoing(state: State, back: Rollback) -> list[Action]:
    if any(step.state is StepIs.RUNNING for step in state.steps.values()):
        return []  # it is left to end: what it did is undone when it is known to be done
    for step in reversed(tuple(state.steps.values())):
        if step.state is StepIs.UNDOING:
            return []
        if step.state is StepIs.DONE and _has_undo(state, step):
            tried = step.ended_at
            if step.exit_code and tried is not None and tried >= (state.ticked_at or tried):
                return []  # one try a tick
            call = Call(step.stage, step.step, step.key, step.attempt + 1, is_undo=True)
            return [StartStep(call)]
    return [Record(Kind.ROLLED_BACK, {"why": back.why})]


def _has_undo(state: State, step: StepState) -> bool:
    for stage in state.plan.stages:
        if stage.name == step.stage:
            return any(one.name == step.step and one.undo is not None for one in stage.steps)
    return False


def _to(state: Back, why: str) -> Record:
    return Record(Kind.ROLLBACK_STATE, {"state": state.value, "why": why})
