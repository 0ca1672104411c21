"""What to do next, from the state and the time alone.

The driver asks until nothing is left. Each rule looks at facts of the state and answers with what
makes them true, so a run that was cut off between two entries goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cutline.run.action import Action, Close, Diagnose, Record, SetSwitch, Sign, Tell
from cutline.run.asking import checkpoints
from cutline.run.carrying import carry_out
from cutline.run.firing import blindness, firing, wanted
from cutline.run.kinds import Kind
from cutline.run.raising import obstacles
from cutline.run.rollback import lowering, rolling
from cutline.run.staging import staged
from cutline.run.state import State
from cutline.run.transitions import Back, Phase

_HEAD_EVERY_S = 3600.0
Rule = Callable[[State, datetime], list[Action]]


def decide(state: State, now: datetime) -> list[Action]:
    """Return the next actions, in order; nothing when the tick is done. Pure."""
    if state.phase is Phase.ENDED:
        return []
    for rule in _RULES:
        found = rule(state, now)
        if found:
            return found
    return []


def decide_urgent(state: State, now: datetime) -> list[Action]:
    """Return what cannot wait for this tick's readings: messages, and lowering to 0."""
    found = carry_out(state, now)
    if found or state.rollback is None or state.phase is not Phase.ROLLING_BACK:
        return found
    return lowering(state) if state.rollback.state is Back.LOWERING else []


def _rollback(state: State, now: datetime) -> list[Action]:
    return rolling(state, now) if state.phase is Phase.ROLLING_BACK else []


def _drift(state: State, now: datetime) -> list[Action]:  # noqa: PLR0911  # one return a case
    """A switch that is not where the run put it (rule 6)."""
    traffic = state.traffic
    if traffic.seen is None or traffic.seen == traffic.percent:
        return []
    if state.phase in {Phase.ROLLING_BACK, Phase.CLOSING} or state.plan.switch.kind == "nop":
        return []
    if traffic.percent is None:
        return _found_moved(state)
    if traffic.is_tried:
        return []  # set in this tick: the next one reads it back
    if traffic.setting == traffic.seen and not obstacles(state, now):
        return []  # a raise that was cut off: it is made again
    data = {"set": traffic.percent, "seen": traffic.seen}
    if traffic.seen < traffic.percent:
        pause = {
            "reason": "drift",
            "why": f"the switch was lowered to {traffic.seen} % by hand, from {traffic.percent} %",
        }
        paused: list[Action] = [Record(Kind.PAUSED, pause)] if "drift" not in state.pauses else []
        return [*paused, Record(Kind.DRIFTED, data)]
    return [
        Record(Kind.DRIFTED, data),
        SetSwitch(traffic.percent, f"found at {traffic.seen} %, higher than the run put it"),
    ]


def _found_moved(state: State) -> list[Action]:
    if "switch" in state.pauses:
        return []
    why = f"the switch stands at {state.traffic.seen} % and this run has not set it"
    return [Record(Kind.PAUSED, {"reason": "switch", "why": why})]


def _expired(state: State, now: datetime) -> list[Action]:
    return [
        Record(Kind.OVERRIDE_ENDED, {"what": one.what, "name": one.name})
        for one in state.overrides
        if now >= one.until
    ]


def _deadline(state: State, now: datetime) -> list[Action]:
    """A stage past its deadline waits for a person; it counts from the raise (rule 14)."""
    stage = state.stage
    if stage is None or stage.bake is None or stage.bake.deadline_s is None:
        return []
    since = state.raised_at if stage.percent is not None else state.stage_at
    reason = "deadline"
    if since is None or reason in state.pauses or reason in state.excused:
        return []
    if (now - since).total_seconds() <= stage.bake.deadline_s:
        return []
    if state.phase not in {Phase.RAISING, Phase.CONFIRMING, Phase.BAKING, Phase.ENDING}:
        return []
    why = f"the stage {stage.name} is past its deadline"
    return [Record(Kind.PAUSED, {"reason": reason, "why": why})]


def _diagnose(state: State, now: datetime) -> list[Action]:
    del now
    return [Diagnose(one.name, one.why, one.probes) for one in state.diagnoses]


def _tell(state: State, now: datetime) -> list[Action]:
    del now
    return [Tell(notice) for notice in state.owed]


def _sign(state: State, now: datetime) -> list[Action]:
    heads = state.heads
    if not state.origin.is_signed:
        return []
    if heads.owed:
        return [Sign(heads.owed)]
    if heads.at is None or (now - heads.at).total_seconds() >= _HEAD_EVERY_S:
        return [Sign("hourly")]
    return []


def _close(state: State, now: datetime) -> list[Action]:
    del now
    if state.phase is Phase.CLOSING:
        back = state.rollback
        outcome = "aborted" if back is not None and back.is_abort else "rolled back"
        return [Close(outcome, state.verdict)]
    if state.phase is Phase.BETWEEN and state.stage_index == len(state.plan.stages) - 1:
        return [Close("complete", state.verdict)]
    return []


_RULES: tuple[Rule, ...] = (
    carry_out,
    _rollback,
    _drift,
    _expired,
    firing,
    blindness,
    wanted,
    checkpoints,
    _deadline,
    staged,
    _diagnose,
    _tell,
    _sign,
    _close,
)
