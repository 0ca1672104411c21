"""What ticks, verdicts and triggers change in the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cutline.gates.verdict import Verdict
from cutline.plan.hours import is_open
from cutline.plan.model import Hours
from cutline.run.ageing import open_s
from cutline.run.bake import BakeClock, Held
from cutline.run.checkpoint import Checkpoint
from cutline.run.kinds import Kind
from cutline.run.owing import signing, telling
from cutline.run.state import Diagnosis, MarkTaken, State
from cutline.run.traffic import Traffic
from cutline.run.transitions import Phase
from cutline.run.watched import GateSeen, Watched
from cutline.run.whereabouts import placed

Data = Mapping[str, Any]
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_HELD = {held.value: held for held in Held}


def verdict(word: str) -> Verdict:
    """Return a recorded verdict."""
    return _VERDICTS[word]


def longest_jump_s(state: State) -> float:
    """Return how much time one tick counts for at most: no jump of the clock counts for more."""
    stage = state.stage
    bake_s = stage.bake.gap_s if stage is not None and stage.bake is not None else 0.0
    return max(3 * state.plan.watch.every_s, bake_s)


def _meant(data: Data, at: datetime) -> datetime:
    """Return the instant that an entry is about: one that was missed is told of later."""
    instant = data.get("instant")
    return at if instant is None else datetime.fromisoformat(instant)


def _tick(state: State, data: Data, at: datetime) -> State:
    at = _meant(data, at)
    before = state.ticked_at
    triggers = state.triggers
    checkpoints = state.checkpoints
    if before is not None:
        apart_s = (at - before).total_seconds()
        triggers = _aged_triggers(triggers, apart_s, state)
        if checkpoints:
            checkpoints = _aged_approvals(state, before, at)
    readings = data["readings"]
    offsets = state.offsets
    for reading in readings:
        if "offset" in reading:
            offsets = {**offsets, (reading["probe"], reading["side"]): reading["offset"]}
    state = state.changed(
        at=at,
        ticked_at=at,
        traffic=_seen(state.traffic, data["switch"], at) if "switch" in data else state.traffic,
        triggers=triggers,
        checkpoints=checkpoints,
        readings=readings,
        offsets=offsets,
    )
    if data.get("is_due") and not state.is_due:
        return placed(state.changed(is_due=True))
    return state


def hours_of(state: State) -> Hours | None:
    """Return the plan's hours; a compressed run has none."""
    return state.plan.hours if state.origin.factor == 1.0 else None


def may_raise_at(state: State, at: datetime) -> bool:
    """Say whether an instant lies within the hours of the plan."""
    hours = hours_of(state)
    return hours is None or is_open(hours, at)


def _seen(was: Traffic, data: Data, at: datetime) -> Traffic:
    percent, is_applied = data["percent"], data["is_applied"]
    if (
        percent == was.seen
        and is_applied == was.is_applied
        and not was.is_tried
        and was.percent is not None
        and percent is not None
    ):
        return was
    set_to = was.percent
    applied_at = was.applied_at
    if set_to is None and percent == 0:
        set_to, applied_at = 0, at
    unread = None if percent is not None else (was.unread_since or at)
    return replace(
        was,
        percent=set_to,
        seen=percent,
        is_applied=is_applied,
        why=data["why"] or (was.why if was.setting_since is not None else ""),
        applied_at=applied_at,
        unread_since=unread,
        has_risen=False,
        is_tried=False,
    )


def _aged_triggers(
    triggers: Mapping[str, Watched], apart_s: float, state: State
) -> Mapping[str, Watched]:
    """Add the time since the last tick to the symptoms that were there then."""
    if apart_s <= 0:
        return triggers
    there = [label for label, seen in triggers.items() if seen.verdict is Verdict.FAIL]
    if not there:
        return triggers
    added_s = min(apart_s, longest_jump_s(state))
    aged = dict(triggers)
    for label in there:
        seen = aged[label]
        aged[label] = replace(
            seen, lasted_s=seen.lasted_s + added_s, total_s=seen.total_s + added_s
        )
    return aged


def _aged_approvals(state: State, since: datetime, until: datetime) -> Mapping[str, Checkpoint]:
    """Let approvals grow older that are not used yet, but not outside the plan's hours."""
    checkpoints = state.checkpoints
    is_used = state.raised_at is not None or state.phase is Phase.BAKING
    given = [
        name
        for name, point in checkpoints.items()
        if point.approvals and (point.is_open or not is_used)
    ]
    if not given or until <= since:
        return checkpoints
    added_s = open_s(hours_of(state), since, until)
    if added_s == 0:
        return checkpoints
    aged = dict(checkpoints)
    for name in given:
        point = aged[name]
        older = tuple(replace(one, age_s=one.age_s + added_s) for one in point.approvals)
        aged[name] = replace(point, approvals=older)
    return aged


def _judged(state: State, data: Data, at: datetime) -> State:
    at = _meant(data, at)
    gates = dict(state.gates)
    for name, said in data["verdicts"].items():
        gates[name] = _gate(gates.get(name), said, at)
    state = state.changed(at=at, gates=gates)
    for name, probes in (data.get("diagnose") or {}).items():
        state = diagnosing(state, name, gates[name].why, probes)
    clock = data.get("clock")
    return state if clock is None else _turned(state, data, clock, at)


def _turned(state: State, data: Data, clock: Data, at: datetime) -> State:
    bake = clock_of(clock)
    series = state.series
    for name, value in (data.get("series") or {}).items():
        began = bake.began_at or at
        point = ((at - began).total_seconds(), float(value))
        series = {**series, name: (*series.get(name, ()), point)}
    if clock["is_reset"]:
        state = state.changed(attested={})
        series = {}
    before = state.bake
    state = state.changed(bake=bake, series=series)
    if clock["is_taken"]:
        taken = MarkTaken(state.stage_name, float(data["mark"]), at, data["verdicts"])
        state = signing(state.changed(marks=(*state.marks, taken)), f"mark {data['mark']:g} s")
    if bake.last is Held.FAILED and before.last is not Held.FAILED:
        state = telling(state, "blocked", _failed(state, data["verdicts"]) or clock["why"])
    return placed(state) if bake.is_over else state


def _failed(state: State, verdicts: Data) -> str:
    """Name the gates that block, each with its reason."""
    return "; ".join(
        f"{name}: {said['why']}"
        for name, said in verdicts.items()
        if said["verdict"] == Verdict.FAIL.value
        and not said.get("is_waived")
        and name in state.plan.gates
        and state.plan.gates[name].severity == "BLOCKER"
    )


def _gate(before: GateSeen | None, said: Data, at: datetime) -> GateSeen:
    found = _VERDICTS[said["verdict"]]
    since = before.failing_since if before is not None else None
    if found is Verdict.FAIL:
        since = since or at
    elif found is Verdict.PASS:
        since = None
    return GateSeen(
        found, said["why"], at, since, said.get("figures") or {}, bool(said.get("is_waived"))
    )


def clock_data(clock: BakeClock) -> dict[str, Any]:
    """Return a bake clock as a JUDGED entry keeps it."""
    return {
        "after_s": clock.total_s,
        "held_s": clock.held_s,
        "last_at": _text(clock.last_at),
        "last": clock.last.value,
        "taken_s": list(clock.taken_s),
        "standing_s": clock.standing_s,
        "began_at": _text(clock.began_at),
        "mark_at": _text(clock.mark_at),
        "span_at": _text(clock.span_at),
        "is_over": clock.is_over,
    }


def clock_of(data: Data) -> BakeClock:
    """Return the bake clock that an entry kept."""
    standing = data["standing_s"]
    return BakeClock(
        total_s=float(data["after_s"]),
        held_s=float(data["held_s"]),
        last_at=_instant(data["last_at"]),
        last=_HELD[data["last"]],
        taken_s=tuple(float(one) for one in data["taken_s"]),
        standing_s=None if standing is None else float(standing),
        began_at=_instant(data["began_at"]),
        mark_at=_instant(data["mark_at"]),
        span_at=_instant(data["span_at"]),
        is_over=bool(data["is_over"]),
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _watched(state: State, data: Data, at: datetime) -> State:
    at = _meant(data, at)
    triggers = dict(state.triggers)
    for label, said in data["triggers"].items():
        triggers[label] = _symptom(triggers.get(label) or Watched(), said, at)
    return state.changed(at=at, triggers=triggers)


def _symptom(before: Watched, said: Data, at: datetime) -> Watched:
    found = _VERDICTS[said["verdict"]]
    blind_since = (before.blind_since or at) if found is Verdict.BLIND else None
    since, lasted_s = before.since, before.lasted_s
    if found is Verdict.FAIL:
        since = since or at
    elif found is Verdict.PASS:
        since, lasted_s = None, 0.0
    return replace(
        before,
        verdict=found,
        why=said["why"],
        figures=said.get("figures") or {},
        since=since,
        lasted_s=lasted_s,
        blind_since=blind_since,
        is_blind_told=before.is_blind_told and blind_since is not None,
    )


def _fired(state: State, data: Data, at: datetime) -> State:
    label = data["trigger"]
    seen = state.triggers.get(label) or Watched()
    owes = "" if data["do"] == "notify" else data["do"]
    if data.get("is_blind"):
        changed = replace(seen, is_blind_told=True, owes=f"blind {owes}" if owes else "")
    elif data.get("is_else"):
        changed = replace(seen, fired_at=seen.fired_at or at, else_at=at, owes=owes)
    else:
        changed = replace(seen, fired_at=at, owes=owes)
    state = replace(state, at=at, triggers={**state.triggers, label: changed})
    state = diagnosing(state, label, data["why"], data.get("diagnose") or ())
    return telling(state, "trigger", f"{label} ({data['severity']}): {data['do']}, {data['why']}")


def _cleared(state: State, data: Data, at: datetime) -> State:
    label = data["trigger"]
    seen = state.triggers.get(label) or Watched()
    gone = replace(seen, fired_at=None, else_at=None, since=None, lasted_s=0.0, owes="")
    if data.get("report"):
        gone = replace(gone, verdict=None)  # it was answered; a new report is a new symptom
    points = {
        name: point
        for name, point in state.checkpoints.items()
        if not (name == label and point.what == "trigger")
    }
    return replace(
        state,
        at=at,
        triggers={**state.triggers, label: gone},
        checkpoints=points,
        reported=state.reported - {data.get("report")},
    )


def resumed(state: State, reasons: Iterable[str], at: datetime) -> State:
    """Return the state in which what a person resumed from blindness is timed anew."""
    triggers = dict(state.triggers)
    for label, seen in state.triggers.items():
        if f"blind {label}" in reasons and seen.blind_since is not None:
            triggers[label] = replace(seen, blind_since=at, is_blind_told=False)
    traffic = state.traffic
    if "unreadable" in reasons and traffic.unread_since is not None:
        traffic = replace(traffic, unread_since=at)
    return replace(state, triggers=triggers, traffic=traffic)


def diagnosing(state: State, name: str, why: str, probes: Iterable[str]) -> State:
    """Return the state in which those probes are owed a look, because of a gate or a trigger."""
    asked = tuple(probes)
    if not asked or any(one.name == name for one in state.diagnoses):
        return state
    return replace(state, diagnoses=(*state.diagnoses, Diagnosis(name, why, asked)))


def acted(state: State, data: Data) -> State:
    """Return the state in which a trigger owes nothing more: this entry did what it wanted."""
    label = data.get("trigger")
    if not label or label not in state.triggers:
        return state
    seen = replace(state.triggers[label], owes="")
    return replace(state, triggers={**state.triggers, label: seen})


HANDLERS: Mapping[str, Callable[[State, Data, datetime], State]] = {
    Kind.TICK: _tick,
    Kind.JUDGED: _judged,
    Kind.WATCHED: _watched,
    Kind.TRIGGER_FIRED: _fired,
    Kind.TRIGGER_CLEARED: _cleared,
}
