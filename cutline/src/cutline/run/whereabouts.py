"""Where in a stage a run is: the first of its parts that is not done (`approve`, steps, …)."""

from __future__ import annotations

from dataclasses import replace

from cutline.gates.verdict import Verdict
from cutline.plan.stage import Stage
from cutline.run.bake import BakeClock
from cutline.run.state import State
from cutline.run.stepping import StepIs
from cutline.run.transitions import Phase, check_phase


def placed(state: State) -> State:
    """Return the state in the phase that its facts put it in; refuses ways that do not exist."""
    if state.phase in {Phase.BETWEEN, Phase.ROLLING_BACK, Phase.CLOSING, Phase.ENDED}:
        return state
    return moved(state, phase_of(state))


def moved(state: State, phase: Phase) -> State:
    """Return the state in another phase; entering the bake begins its clock."""
    if phase is state.phase:
        return state
    check_phase(state.phase, phase)
    if phase is not Phase.BAKING:
        return replace(state, phase=phase)
    fresh = BakeClock(began_at=state.at, mark_at=state.at, span_at=state.at)
    return replace(state, phase=phase, bake=fresh, attested={}, series={})


def has_bake(stage: Stage) -> bool:
    """Say whether a stage has to hold before it ends."""
    return stage.bake is not None or bool(stage.gates)


def wants_raise(state: State, stage: Stage) -> bool:
    """Say whether the stage's share of traffic is not in force yet."""
    if stage.percent is None or state.plan.switch.kind == "nop":
        return False
    traffic = state.traffic
    return traffic.percent != stage.percent or traffic.applied_at is None


def is_approved(state: State, stage: Stage) -> bool:
    """Say whether the stage has its people's yes, and that still counts."""
    point = state.checkpoints.get(stage.name)
    return point is not None and point.what == "stage" and point.is_approved


def phase_of(state: State) -> Phase:  # noqa: PLR0911  # one return a case
    """Return the first part of the stage that is not done."""
    stage = state.plan.stages[state.stage_index]
    is_raised = state.raised_at is not None
    wants = wants_raise(state, stage)
    if not is_raised:
        if stage.at is not None and not state.is_due:
            return Phase.WAITING
        if stage.approve is not None and not is_approved(state, stage):
            return Phase.APPROVING
    if any(not _is_done(state, stage, step.name) for step in stage.steps):
        return Phase.STEPPING
    if wants:
        return Phase.RAISING
    if _wants_confirm(state, stage):
        return Phase.CONFIRMING
    if has_bake(stage) and not state.bake.is_over:
        return Phase.BAKING
    return Phase.ENDING


def _is_done(state: State, stage: Stage, step: str) -> bool:
    known = state.steps.get((stage.name, step))
    return known is not None and known.state is StepIs.DONE


def _wants_confirm(state: State, stage: Stage) -> bool:
    return (
        stage.percent is not None
        and state.plan.switch.confirm is not None
        and state.plan.switch.kind != "nop"
        and state.traffic.confirmed is not Verdict.PASS
    )
