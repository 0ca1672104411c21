"""The state as the fold of the journal: what each kind of entry changes.

Verdicts, clocks and outcomes are read as they were recorded and never derived again, so a newer
engine cannot change what an older one saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cutline.gates.confirm import ALL
from cutline.gates.verdict import Verdict
from cutline.plan.model import Plan
from cutline.run import fold_people, fold_steps, fold_watch
from cutline.run.kinds import Kind
from cutline.run.owing import signing, telling
from cutline.run.ports import AnEntry
from cutline.run.state import Deviation, Heads, Origin, Pause, Rollback, State
from cutline.run.traffic import Traffic
from cutline.run.transitions import Back, Phase, check_back
from cutline.run.whereabouts import moved, phase_of, placed

Data = Mapping[str, Any]
# Pauses that end with their stage.
_OF_A_STAGE = {"deadline", "late", "window"}
Handler = Callable[[State, Data, datetime], State]


class NotARun(ValueError):  # noqa: N818  # the statement itself
    """A journal whose first entry does not start a run."""


def begun(entry: AnEntry) -> State:
    """Return the state that the first entry of a journal describes."""
    if entry.kind != Kind.STARTED:
        raise NotARun(f"a journal begins with {Kind.STARTED}, this one with {entry.kind}")
    data, at = entry.data, datetime.fromisoformat(entry.at)
    plan = Plan.model_validate(data["plan"]["model"])
    origin = Origin(
        run=data["run"],
        by=data["by"],
        at=at,
        inputs=_inputs(plan, data.get("inputs") or {}),
        follows=data.get("follows") or "",
        fixed=data.get("fixed") or "",
        factor=float(data.get("factor") or 1.0),
        is_signed=bool(data.get("is_signed")),
    )
    is_nop = plan.switch.kind == "nop"
    return State(
        origin=origin,
        plan=plan,
        plan_digest=data["plan"]["digest"],
        at=at,
        involved=frozenset({origin.by}),
        files=dict(data.get("files") or {}),
        traffic=Traffic(percent=0, seen=0, applied_at=at) if is_nop else Traffic(),
        heads=Heads(owed="start" if origin.is_signed else ""),
    )


def _inputs(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs with the types of their defaults: in JSON a whole double is an int."""
    doubles = {name for name, one in plan.inputs.items() if isinstance(one.default, float)}
    return {name: float(one) if name in doubles else one for name, one in given.items()}


def fold(state: State, entry: AnEntry) -> State:
    """Return the state after one more entry."""
    handler = _HANDLERS.get(entry.kind)
    if handler is None:
        return state
    return handler(state, entry.data, datetime.fromisoformat(entry.at))


def folded(entries: Iterable[AnEntry]) -> State:
    """Return the state of a whole journal; raises `NotARun` for one without a start."""
    rest = iter(entries)
    first = next(rest, None)
    if first is None:
        raise NotARun("the journal is empty")
    state = begun(first)
    for entry in rest:
        state = fold(state, entry)
    return state


def _stage_started(state: State, data: Data, at: datetime) -> State:
    index = next(n for n, one in enumerate(state.plan.stages) if one.name == data["stage"])
    kept = {k: v for k, v in state.checkpoints.items() if v.is_open}
    triggers = {
        label: seen if seen.is_open else replace(seen, lasted_s=0.0, total_s=0.0, since=None)
        for label, seen in state.triggers.items()
    }
    fresh = replace(
        state,
        at=at,
        stage_index=index,
        stage_at=at,
        raised_at=None,
        is_due=False,
        excused=frozenset(),
        extended_at=None,
        baseline_at=None,
        extra_s=0.0,
        bake=replace(state.bake, is_over=False),
        checkpoints=kept,
        triggers=triggers,
    )
    return moved(fresh, phase_of(fresh))


def _stage_ended(state: State, data: Data, at: datetime) -> State:
    del data
    return moved(replace(state, at=at, pauses=_without_stage(state)), Phase.BETWEEN)


def _without_stage(state: State) -> Mapping[str, Pause]:
    return {reason: one for reason, one in state.pauses.items() if reason not in _OF_A_STAGE}


def _setting(state: State, data: Data, at: datetime) -> State:
    old, percent = state.traffic, data["percent"]
    rises = old.percent is None or percent > old.percent
    since = old.setting_since or at
    traffic = replace(
        old,
        setting=percent,
        setting_since=since,
        has_risen=old.has_risen or rises,
        is_tried=True,
    )
    return signing(replace(state, at=at, traffic=traffic), f"setting {percent} %")


def _set(state: State, data: Data, at: datetime) -> State:
    percent, old = data["percent"], state.traffic
    is_set, is_applied = bool(data["is_set"]), bool(data["is_applied"])
    if not is_set:
        traffic = replace(old, setting=None, why=data["why"])
        return replace(state, at=at, traffic=traffic)
    # Set back where somebody raised it by hand: what traffic showed of this setting still counts.
    is_set_back = percent == old.percent and old.drift == "higher" and state.rollback is None
    traffic = replace(
        old,
        percent=percent,
        setting=None,
        setting_since=None if is_applied else old.setting_since,
        is_applied=is_applied,
        why=data["why"],
        applied_at=at if is_applied else None,
        confirmed=old.confirmed if is_set_back else None,
        confirm_why=old.confirm_why if is_set_back else "",
        confirm_since=at if is_applied else None,
        wrong_at=old.wrong_at if is_set_back else None,
        drift="" if old.drift == "higher" else old.drift,
    )
    if data.get("seen") is not None:
        traffic = replace(traffic, seen=data["seen"])
    state = replace(state, at=at, traffic=traffic)
    stage = state.stage
    if is_applied and stage is not None and stage.percent == percent and state.rollback is None:
        state = replace(state, raised_at=state.raised_at or at)
    return placed(signing(state, f"switch at {percent} %"))


def _confirmed(state: State, data: Data, at: datetime) -> State:
    verdict = fold_watch.verdict(data["verdict"])
    traffic = replace(state.traffic, confirmed=verdict, confirm_why=data["why"])
    if traffic.percent in {0, ALL} and verdict is Verdict.FAIL:
        # Requests under way when the switch was set are no news: from now on there must be none.
        traffic = replace(traffic, wrong_at=at)
    return placed(replace(state, at=at, traffic=traffic))


def _drifted(state: State, data: Data, at: datetime) -> State:
    seen, was = data["seen"], state.traffic
    lower = was.percent is not None and seen < was.percent
    traffic = replace(
        was,
        drift="lower" if lower else "higher",
        percent=seen if lower else was.percent,
        setting=None,
        confirmed=None if lower else was.confirmed,
    )
    why = f"the switch was found at {seen} %, the run had put it at {was.percent} %"
    state = replace(state, at=at, traffic=traffic)
    return placed(state if was.drift == "higher" else telling(state, "drift", why))


def _paused(state: State, data: Data, at: datetime) -> State:
    pause = Pause(data["reason"], data["why"], at)
    state = fold_people.carried_out(state, data)
    state = replace(state, at=at, pauses={**state.pauses, pause.reason: pause})
    state = fold_watch.acted(state, data)
    event = "overdue" if pause.reason == "deadline" else "paused"
    return telling(state, event, pause.why, pause.reason)


def _resumed(state: State, data: Data, at: datetime) -> State:
    reason = data.get("reason")
    # A step that failed or was cut off runs again only by `retry`, which names it.
    every = [key for key in state.pauses if not key.startswith("step ")]
    gone = every if reason is None else [reason]
    state = fold_people.carried_out(state, data)
    pauses = {key: one for key, one in state.pauses.items() if key not in gone}
    traffic = state.traffic
    if "drift" in gone and traffic.drift == "lower":
        traffic = replace(traffic, drift="")
    if "switch" in gone and traffic.percent is None:
        traffic = replace(traffic, percent=traffic.seen)
    if "confirm" in gone or "switch" in gone:
        since = at if traffic.confirm_since is not None else None
        traffic = replace(traffic, confirm_since=since, setting_since=None, confirmed=None)
    denied = [name for name, point in state.checkpoints.items() if f"denied {name}" in gone]
    points = {name: one for name, one in state.checkpoints.items() if name not in denied}
    excused = state.excused | frozenset(gone)
    is_due = state.is_due or "late" in gone
    state = replace(
        state,
        at=at,
        pauses=pauses,
        traffic=traffic,
        checkpoints=points,
        excused=excused,
        is_due=is_due,
    )
    state = fold_watch.resumed(state, gone, at)
    return placed(fold_steps.resumed(state, gone))


def _extended(state: State, data: Data, at: datetime) -> State:
    state = fold_watch.acted(fold_people.carried_out(state, data), data)
    if data.get("is_on_fail"):
        state = replace(state, extended_at=at)
    mine = data["stage"] == state.stage_name
    return replace(state, at=at, extra_s=state.extra_s + (float(data["by_s"]) if mine else 0.0))


def _deviation(state: State, data: Data, at: datetime) -> State:
    found = Deviation(data["what"], data["why"], at)
    state = replace(state, at=at, deviations=(*state.deviations, found))
    return telling(state, "deviation", f"{found.what}: {found.why}")


def _absent(state: State, data: Data, at: datetime) -> State:
    why = f"nobody watched from {data['since']} to {data['until']}"
    return _deviation(state, {"what": "absence", "why": why}, at)


def _went_back(state: State, data: Data, at: datetime) -> State:
    del data
    # What was timed from an instant ahead of us begins anew at the clock as it is now.
    bake = state.bake
    if bake.last_at is not None and bake.last_at > at:
        bake = replace(bake, last_at=at)
    return replace(state, at=at, ticked_at=at, bake=bake)


def _rollback_started(state: State, data: Data, at: datetime) -> State:
    back = Rollback(
        why=data["why"],
        by=data.get("by") or "",
        trigger=data.get("trigger") or "",
        is_abort=bool(data.get("is_abort")),
        at=at,
        since=at,
    )
    state = fold_watch.acted(fold_people.carried_out(state, data), data)
    state = moved(replace(state, at=at, rollback=back), Phase.ROLLING_BACK)
    return telling(state, "rolling back", back.why)


def _rollback_state(state: State, data: Data, at: datetime) -> State:
    back = state.rollback
    if back is None:
        return state
    to = Back(data["state"])
    check_back(back.state, to)
    drained = back.is_drained or to is Back.UNDOING
    traffic = replace(state.traffic, setting_since=None) if to is Back.LOWERING else state.traffic
    pauses = {k: v for k, v in state.pauses.items() if k != "drain" or to is not Back.UNDOING}
    return replace(
        state,
        at=at,
        traffic=traffic,
        pauses=pauses,
        rollback=replace(back, state=to, since=at, is_drained=drained),
    )


def _rolled_back(state: State, data: Data, at: datetime) -> State:
    back = state.rollback
    if back is not None:
        check_back(back.state, Back.ROLLED_BACK)
        back = replace(back, state=Back.ROLLED_BACK, since=at)
    state = moved(replace(state, at=at, rollback=back), Phase.CLOSING)
    return telling(state, "rolled back", data["why"])


def _diagnosed(state: State, data: Data, at: datetime) -> State:
    back = state.rollback
    if back is not None and data.get("for") == "rollback":
        state = replace(state, rollback=replace(back, is_diagnosed=True))
    left = tuple(one for one in state.diagnoses if one.name != data.get("for"))
    return replace(state, at=at, diagnoses=left)


def _baseline(state: State, data: Data, at: datetime) -> State:
    kept = state.baselines
    pauses = state.pauses
    if data["is_whole"]:
        kept = {**kept, data["stage"]: tuple(data["readings"])}
        pauses = {key: one for key, one in pauses.items() if key != "baseline"}
    return replace(state, at=at, baselines=kept, baseline_at=at, pauses=pauses)


def _told(state: State, data: Data, at: datetime) -> State:
    del data
    return replace(state, at=at, owed=state.owed[1:])


def _head(state: State, data: Data, at: datetime) -> State:
    heads = Heads("", at, bool(data.get("is_anchored")), str(data.get("why") or ""))
    return replace(state, at=at, heads=heads)


def _closed(state: State, data: Data, at: datetime) -> State:
    state = moved(replace(state, at=at), Phase.CLOSING)
    # Nothing comes behind the closing entry, so nothing more is owed.
    done = replace(state, outcome=data["outcome"], owed=(), heads=replace(state.heads, owed=""))
    return moved(done, Phase.ENDED)


_HANDLERS: Mapping[str, Handler] = {
    Kind.STAGE_STARTED: _stage_started,
    Kind.STAGE_ENDED: _stage_ended,
    Kind.SWITCH_SETTING: _setting,
    Kind.SWITCH_SET: _set,
    Kind.CONFIRMED: _confirmed,
    Kind.DRIFTED: _drifted,
    Kind.PAUSED: _paused,
    Kind.RESUMED: _resumed,
    Kind.EXTENDED: _extended,
    Kind.DEVIATION: _deviation,
    Kind.ABSENT: _absent,
    Kind.CLOCK_WENT_BACK: _went_back,
    Kind.ROLLBACK_STARTED: _rollback_started,
    Kind.ROLLBACK_STATE: _rollback_state,
    Kind.ROLLED_BACK: _rolled_back,
    Kind.DIAGNOSED: _diagnosed,
    Kind.BASELINE: _baseline,
    Kind.TOLD: _told,
    Kind.HEAD: _head,
    Kind.CLOSED: _closed,
    **fold_watch.HANDLERS,
    **fold_steps.HANDLERS,
    **fold_people.HANDLERS,
}
