"""What the tries of steps change in the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cutline.run import fold_people
from cutline.run.kinds import Kind
from cutline.run.state import State
from cutline.run.stepping import StepIs, StepState, key_of
from cutline.run.whereabouts import placed

Data = Mapping[str, Any]


def _known(state: State, data: Data) -> StepState:
    stage, step = data["stage"], data["step"]
    found = state.steps.get((stage, step))
    return found or StepState(stage, step, key_of(state.run, stage, step))


def _with(state: State, step: StepState, at: datetime) -> State:
    return replace(state, at=at, steps={**state.steps, (step.stage, step.step): step})


def _starting(state: State, data: Data, at: datetime) -> State:
    known = _known(state, data)
    to = StepIs.UNDOING if data.get("is_undo") else StepIs.RUNNING
    step = replace(known, state=to, attempt=data["attempt"], why="", exit_code=None)
    state = _with(state, step, at)
    if data.get("is_no_return"):
        state = replace(state, no_return=(step.stage, step.step))
    return state


def _ended(state: State, data: Data, at: datetime) -> State:
    known, code, is_undo = _known(state, data), data["exit_code"], bool(data.get("is_undo"))
    if code == 0:
        to = StepIs.UNDONE if is_undo else StepIs.DONE
    else:
        # An undo that failed is tried again, without end: the step still counts as completed.
        to = StepIs.DONE if is_undo else StepIs.WAITS
    step = replace(
        known, state=to, exit_code=code, why=data["why"], output=data.get("output"), ended_at=at
    )
    return placed(_with(state, step, at))


def _cut_off(state: State, data: Data, at: datetime) -> State:
    known = _known(state, data)
    to = StepIs.DONE if data.get("is_undo") else StepIs.CUT_OFF
    return _with(state, replace(known, state=to, why="cut off", ended_at=at), at)


def _found_done(state: State, data: Data, at: datetime) -> State:
    state = fold_people.carried_out(state, data)
    step = replace(_known(state, data), state=StepIs.DONE, why=data["why"])
    pauses = {k: v for k, v in state.pauses.items() if k != f"step {step.step}"}
    return placed(_with(replace(state, pauses=pauses), step, at))


def resumed(state: State, reasons: Iterable[str]) -> State:
    """Return the state in which a step that waited for a person may run again."""
    steps = dict(state.steps)
    for key, step in state.steps.items():
        if step.state in {StepIs.WAITS, StepIs.CUT_OFF} and f"step {step.step}" in reasons:
            steps[key] = replace(step, state=StepIs.READY)
    return replace(state, steps=steps)


HANDLERS: Mapping[str, Callable[[State, Data, datetime], State]] = {
    Kind.STEP_STARTING: _starting,
    Kind.STEP_ENDED: _ended,
    Kind.STEP_CUT_OFF: _cut_off,
    Kind.STEP_FOUND_DONE: _found_done,
}
