"""What the stage in force does next: approve, steps, raise, confirm, bake, end."""

from __future__ import annotations

from datetime import datetime, timedelta

from cutline.gates.verdict import Verdict
from cutline.plan.duration import seconds
from cutline.plan.stage import Stage
from cutline.plan.step import Step
from cutline.run.action import (
    Action,
    OpenCheckpoint,
    Record,
    SetSwitch,
    Sign,
    StartStep,
    TakeBaseline,
)
from cutline.run.asking import basis_of
from cutline.run.kinds import Kind
from cutline.run.raising import obstacles
from cutline.run.schedule import done_name
from cutline.run.scope import scope_of
from cutline.run.state import State
from cutline.run.stepping import StepIs, StepState, key_of
from cutline.run.transitions import Phase
from cutline.run.world import Call


def staged(state: State, now: datetime) -> list[Action]:  # noqa: PLR0911  # one return a case
    """Return what comes next in the stage; nothing while it waits."""
    match state.phase:
        case Phase.BETWEEN:
            return _next_stage(state)
        case Phase.WAITING:
            return _late(state, now)
        case Phase.APPROVING:
            return _closed_window(state, now) or _approve(state)
        case Phase.STEPPING:
            return _step(state, now)
        case Phase.RAISING:
            return _closed_window(state, now) or _raise(state, now)
        case Phase.CONFIRMING:
            return _confirm(state, now)
        case Phase.BAKING:
            return _attest(state)
        case Phase.ENDING:
            return _end(state)
        case _:
            return []


def due_at(state: State, stage: Stage) -> datetime | None:
    """Return the instant that a stage names with `at: T-30m`, against the window's `t0`."""
    if stage.at is None or state.plan.window is None:
        return None
    text, t0 = (
        stage.at.strip().removeprefix("T").strip(),
        state.plan.window.opens_at(state.origin.at),
    )
    if not text:
        return t0
    sign = -1 if text[0] == "-" else 1
    apart_s = float(str(seconds(text.lstrip("+-").strip())))
    return t0 + timedelta(seconds=sign * apart_s)


def is_due(state: State, now: datetime) -> bool:
    """Say whether the stage that waits for its instant may begin: not before, nor too late."""
    stage = state.stage
    at = due_at(state, stage) if stage is not None else None
    if stage is None or at is None:
        return True
    return 0 <= (now - at).total_seconds() <= stage.slack_s


def _late(state: State, now: datetime) -> list[Action]:
    """An instant that was missed by more than its slack asks a person."""
    stage = state.stage
    at = due_at(state, stage) if stage is not None else None
    if stage is None or at is None or "late" in state.pauses:
        return []
    missed_s = (now - at).total_seconds() - stage.slack_s
    if missed_s <= 0:
        return []
    why = f"{stage.name} was to begin at {at.isoformat()} and is {missed_s:g} s over its slack"
    return [Record(Kind.PAUSED, {"reason": "late", "why": why})]


def _closed_window(state: State, now: datetime) -> list[Action]:
    window = state.plan.window
    if window is None or window.close is None or now <= window.close:
        return []
    if "window" in state.pauses or "window" in state.excused:
        return []
    why = f"the window closed at {window.close.isoformat()}"
    return [Record(Kind.PAUSED, {"reason": "window", "why": why})]


def _next_stage(state: State) -> list[Action]:
    index = state.stage_index + 1
    if index >= len(state.plan.stages):
        return []
    if state.ticked_at is None:
        return []  # nothing begins before the switch was read
    return [Record(Kind.STAGE_STARTED, {"stage": state.plan.stages[index].name})]


def _approve(state: State) -> list[Action]:
    stage = state.stage
    if stage is None or stage.approve is None or stage.name in state.checkpoints:
        return []
    asked = stage.approve
    if f"denied {stage.name}" in state.pauses:
        return []
    percent = f" at {stage.percent} %" if stage.percent is not None else ""
    return [
        OpenCheckpoint.of(
            "stage",
            stage.name,
            stage.name,
            f"may the stage {stage.name}{percent} begin?",
            by=_roles(asked.by),
            quorum=asked.quorum,
            identity=asked.identity,
            valid_s=asked.valid_s,
            basis=basis_of(state),
        )
    ]


def _roles(by: str | tuple[str, ...] | None) -> list[str]:
    if by is None:
        return []
    return [by] if isinstance(by, str) else list(by)


def _step(state: State, now: datetime) -> list[Action]:
    stage = state.stage
    if stage is None:
        return []
    for step in stage.steps:
        known = state.steps.get((stage.name, step.name))
        if known is None:
            known = StepState(stage.name, step.name, key_of(state.run, stage.name, step.name))
        if known.state is StepIs.DONE:
            continue
        return _one_step(state, step, known, now)
    return []


def _one_step(state: State, step: Step, known: StepState, now: datetime) -> list[Action]:
    """Return what the first step that is not done wants."""
    if step.checkpoint is not None:
        return _checkpoint(state, step)
    match known.state:
        case StepIs.READY:
            return _start(state, step, known, now)
        case StepIs.CUT_OFF:
            return _after_cut_off(state, step, known, now)
        case StepIs.WAITS:
            return _pause(state, known, known.why or f"exit {known.exit_code}")
        case _:
            return []


def _start(state: State, step: Step, known: StepState, now: datetime) -> list[Action]:
    if state.is_paused:
        return []
    if step.no_return and obstacles(state, now):
        return []
    call = Call(known.stage, known.step, known.key, known.attempt + 1)
    return [StartStep(call, is_no_return=step.no_return)]


def _after_cut_off(state: State, step: Step, known: StepState, now: datetime) -> list[Action]:
    """Ask `done:` first; without it only what is repeatable runs again by itself."""
    if step.done is None:
        if step.repeatable:
            return _start(state, step, known, now)
        return _pause(state, known, f"{step.name} was cut off; nobody knows whether it was done")
    seen = state.gates.get(done_name(step.name))
    if seen is None or seen.at != state.ticked_at:
        return []
    match seen.verdict:
        case Verdict.PASS:
            why = f"after a cut-off: {seen.why}"
            data = {"stage": known.stage, "step": known.step, "key": known.key, "why": why}
            return [Record(Kind.STEP_FOUND_DONE, data)]
        case Verdict.FAIL:
            return _start(state, step, known, now)
        case _:
            return _pause(state, known, f"{step.name} was cut off, and `done:` is blind")


def _pause(state: State, known: StepState, why: str) -> list[Action]:
    reason = f"step {known.step}"
    if reason in state.pauses:
        return []
    return [Record(Kind.PAUSED, {"reason": reason, "why": f"{known.step}: {why}"})]


def _checkpoint(state: State, step: Step) -> list[Action]:
    if step.checkpoint is None or step.name in state.checkpoints:
        return []
    if f"denied {step.name}" in state.pauses:
        return []
    asked = step.checkpoint
    return [
        OpenCheckpoint.of(
            "step",
            step.name,
            state.stage_name,
            asked.ask,
            by=_roles(asked.by),
            quorum=asked.quorum,
            identity=asked.identity or "claimed",
        )
    ]


def _raise(state: State, now: datetime) -> list[Action]:  # noqa: PLR0911  # one return a case
    """Set the switch to the stage's percent; a head over what led to it is signed before."""
    stage = state.stage
    if stage is None or stage.percent is None or state.traffic.is_tried:
        return []
    stuck = _stuck(state, now)
    if stuck:
        return stuck
    if state.traffic.percent is not None and stage.percent <= state.traffic.percent:
        return [SetSwitch(stage.percent, stage.name)]
    worm = state.plan.evidence.worm
    heads = state.heads
    is_stale = heads.at is None or state.ticked_at is None or heads.at < state.ticked_at
    if state.origin.is_signed and worm and not heads.is_anchored and is_stale:
        return [Sign(f"before {stage.percent} %")]
    if obstacles(state, now):
        return []
    if heads.owed:
        return [Sign(heads.owed)]
    return [SetSwitch(stage.percent, stage.name)]


def _stuck(state: State, now: datetime) -> list[Action]:
    """A setting that does not come into force in time asks a person."""
    since = state.traffic.setting_since
    if since is None or "switch" in state.pauses:
        return []
    if (now - since).total_seconds() < state.plan.switch.timeout_s:
        return []
    why = f"the switch is not in force: {state.traffic.why or 'no reason was given'}"
    return [Record(Kind.PAUSED, {"reason": "switch", "why": why})]


def _confirm(state: State, now: datetime) -> list[Action]:
    """Traffic that does not show the switch in time is blind: a raise asks a person."""
    confirm, traffic = state.plan.switch.confirm, state.traffic
    if confirm is None or traffic.applied_at is None or "confirm" in state.pauses:
        return []
    # A resumed confirm waits once more for as long; what is counted goes back to the setting.
    since = traffic.confirm_since or traffic.applied_at
    if (now - since).total_seconds() < confirm.by_s:
        return []
    why = f"traffic does not show {traffic.percent} %: {traffic.confirm_why or 'not measured'}"
    return [Record(Kind.PAUSED, {"reason": "confirm", "why": why})]


def _attest(state: State) -> list[Action]:
    """Open the checkpoint of an attest gate that was due and waits for a person's word."""
    for one in scope_of(state).attests:
        if one.name in state.attested:
            continue
        seen = state.gates.get(one.name)
        point = state.checkpoints.get(one.name)
        began = state.bake.began_at
        is_due = (
            seen is not None
            and seen.verdict.is_inconclusive
            and (began is None or seen.at >= began)
        )
        if not is_due or f"denied {one.name}" in state.pauses:
            continue
        if point is not None and (point.is_open or point.is_denied):
            continue
        return [OpenCheckpoint.of("gate", one.name, state.stage_name, one.gate.attest or "")]
    return []


def _end(state: State) -> list[Action]:
    scope = scope_of(state)
    stage = state.stage_name
    if scope.baseline and stage not in state.baselines and "baseline" not in state.excused:
        return _baseline(state, stage)
    return [Record(Kind.STAGE_ENDED, {"stage": stage})]


def _baseline(state: State, stage: str) -> list[Action]:
    """Take it at once; one that is blind is tried again at each tick, and a person is asked."""
    tried = state.baseline_at
    if tried is None or state.ticked_at is None or tried < state.ticked_at:
        return [TakeBaseline(stage)]
    if "baseline" in state.pauses:
        return []
    why = f"what later stages compare with {stage} could not be measured"
    return [Record(Kind.PAUSED, {"reason": "baseline", "why": why})]
