"""What triggers and blindness lead to (rule 7), and what a failed gate does (rule 14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cutline.gates.verdict import Verdict
from cutline.plan.trigger import Trigger
from cutline.run.action import Action, OpenCheckpoint, Record
from cutline.run.bake import Held
from cutline.run.kinds import Kind
from cutline.run.scope import scope_of
from cutline.run.state import State
from cutline.run.transitions import Phase
from cutline.run.watched import Watched

_ON_FAIL_EXTENDS_S = 21600.0
_OVER = {Phase.CLOSING, Phase.ENDED}
_BEFORE_RAISE = {Phase.WAITING, Phase.APPROVING, Phase.STEPPING, Phase.RAISING}


_quiet: list[Mapping[str, Watched]] = []  # the last triggers of which nothing follows


def is_quiet(triggers: Mapping[str, Watched]) -> bool:
    """Say whether nothing follows of any trigger; the same triggers are not looked through twice.

    States share them for as long as nothing about them changes, which is nearly always.
    """
    if _quiet and _quiet[0] is triggers:
        return True
    for seen in triggers.values():
        if seen.verdict is Verdict.FAIL or seen.fired_at is not None:
            return False
        if seen.owes or seen.blind_since is not None:
            return False
    _quiet[:] = [triggers]
    return True


def firing(state: State, now: datetime) -> list[Action]:
    """Fire and clear triggers; the most severe comes first."""
    del now
    if state.phase in _OVER or is_quiet(state.triggers):
        return []
    for one in scope_of(state).triggers:
        seen = state.triggers.get(one.label)
        if seen is None or (seen.verdict is not Verdict.FAIL and seen.fired_at is None):
            continue
        found = _fires(state, one.trigger, seen) or _clears(state, one.trigger, seen)
        if found is not None:
            return [found]
    return []


def _fires(state: State, trigger: Trigger, seen: Watched) -> Action | None:
    if seen.verdict is not Verdict.FAIL or _is_silenced(state, trigger):
        return None
    if (
        trigger.else_do is not None
        and trigger.after_s is not None
        and seen.else_at is None
        and seen.total_s >= trigger.after_s
    ):
        why = f"{seen.why}; for {seen.total_s:g} s in all"
        return _fired(trigger, trigger.else_do, why, is_else=True)
    if seen.fired_at is None and seen.lasted_s >= trigger.for_s:
        return _fired(trigger, trigger.do, seen.why)
    return None


def _fired(trigger: Trigger, do: str, why: str, *, is_else: bool = False) -> Record:
    data = {"trigger": trigger.label, "severity": trigger.severity, "do": do, "why": why}
    flags = {"is_else": is_else, "incident": trigger.incident}
    diagnose = {"diagnose": list(trigger.diagnose)} if trigger.diagnose else {}
    return Record(Kind.TRIGGER_FIRED, data | flags | diagnose)


def _clears(state: State, trigger: Trigger, seen: Watched) -> Action | None:
    if seen.fired_at is None or seen.owes:
        return None
    label = trigger.label
    data = {"trigger": label, "report": trigger.report}
    if _is_silenced(state, trigger):
        return Record(Kind.TRIGGER_CLEARED, data | {"why": "overridden"})
    point = state.checkpoints.get(label)
    if point is not None and point.what == "trigger" and point.is_approved:
        return Record(Kind.TRIGGER_CLEARED, data | {"why": f"answered: {point.approvals[-1].by}"})
    if trigger.report is None:
        is_gone = seen.verdict is Verdict.PASS
        return Record(Kind.TRIGGER_CLEARED, data | {"why": seen.why}) if is_gone else None
    if point is not None or _reason(label) in state.pauses:
        return None
    return Record(Kind.TRIGGER_CLEARED, data | {"why": "nobody is asked any more"})


def _is_silenced(state: State, trigger: Trigger) -> bool:
    return bool(state.overrides) and state.override("trigger", trigger.label) is not None


def _reason(label: str) -> str:
    return f"trigger {label}"


def blindness(state: State, now: datetime) -> list[Action]:
    """What could not be measured for `blind_after`, with traffic on v2, does `on_blind`."""
    if state.phase in _OVER or state.phase is Phase.ROLLING_BACK or not state.traffic.is_on_v2:
        return []
    watch = state.plan.watch
    for one in () if is_quiet(state.triggers) else scope_of(state).triggers:
        seen = state.triggers.get(one.label)
        if seen is None or seen.blind_since is None or seen.is_blind_told:
            continue
        blind_s = (now - seen.blind_since).total_seconds()
        if blind_s >= watch.blind_after_s and not _is_silenced(state, one.trigger):
            why = f"blind for {blind_s:g} s: {seen.why}"
            fired = _fired(one.trigger, watch.on_blind, why)
            return [Record(fired.kind, {**fired.data, "is_blind": True})]
    return _unreadable(state, now)


def _unreadable(state: State, now: datetime) -> list[Action]:
    since, watch = state.traffic.unread_since, state.plan.watch
    reason = "unreadable"
    if since is None or (now - since).total_seconds() < watch.blind_after_s:
        return []
    why = f"the switch cannot be read: {state.traffic.why}"
    if watch.on_blind == "rollback":
        return back_or_pause(state, why, reason)
    if reason in state.pauses or watch.on_blind == "notify":
        return []
    return [Record(Kind.PAUSED, {"reason": reason, "why": why})]


def wanted(state: State, now: datetime) -> list[Action]:
    """Do what triggers that fired still want, and what the stage says of a failed gate."""
    del now
    if state.phase in _OVER:
        return []
    for one in () if is_quiet(state.triggers) else scope_of(state).triggers:
        seen = state.triggers.get(one.label)
        if seen is not None and seen.owes:
            found = _act(state, one.trigger, seen)
            if found:
                return found
    return [] if state.phase is Phase.ROLLING_BACK else _on_fail(state)


def _act(state: State, trigger: Trigger, seen: Watched) -> list[Action]:
    label = trigger.label
    by = {"trigger": label}
    if state.phase is Phase.ROLLING_BACK:
        # A second trigger joins the rollback: there is nothing more severe to do.
        return [Record(Kind.NOTED, by | {"by": "", "text": f"{label} joins the rollback"})]
    match seen.owes:
        case "rollback" | "blind rollback":
            return back_or_pause(state, seen.why, _reason(label), label)
        case "pause":
            return [Record(Kind.PAUSED, by | {"reason": _reason(label), "why": seen.why})]
        case "blind pause":
            why = f"{label} could not be measured: {seen.why}"
            return [Record(Kind.PAUSED, by | {"reason": f"blind {label}", "why": why})]
        case "extend":
            data = {"stage": state.stage_name, "by_s": trigger.by_s, "why": seen.why, "by": ""}
            return [Record(Kind.EXTENDED, by | data)]
        case _:
            return [_ask(state, trigger, seen)]


def _ask(state: State, trigger: Trigger, seen: Watched) -> OpenCheckpoint:
    answer = f"approve if it is harmless, deny for {trigger.else_do or 'pause'}"
    ask = f"{trigger.label}: {seen.why}; {answer}"
    return OpenCheckpoint.of("trigger", trigger.label, state.stage_name, ask, trigger=trigger.label)


def back_or_pause(state: State, why: str, reason: str, trigger: str = "") -> list[Action]:
    """Roll back; behind a step without return pause instead, for there is no way back (rule 9)."""
    if state.no_return is None:
        data = {"why": why, "by": "", "trigger": trigger, "is_abort": False}
        return [Record(Kind.ROLLBACK_STARTED, data)]
    stage, step = state.no_return
    said = f"{why}; no rollback behind {step} of {stage}"
    if reason in state.pauses and not trigger:
        return []
    return [Record(Kind.PAUSED, {"reason": reason, "why": said, "trigger": trigger})]


def _on_fail(state: State) -> list[Action]:
    """A BLOCKER failed for longer than it is tolerated: hold, extend or rollback."""
    stage = state.stage
    failed: tuple[str, ...] = ()
    if state.phase is Phase.BAKING and state.bake.last is Held.FAILED:
        failed = _failing(state, tuple(stage.gates) if stage is not None else ())
    elif state.phase in _BEFORE_RAISE:
        scope = scope_of(state)
        stage = scope.standing_stage
        failed = _failing(state, tuple(one.name for one in scope.standing))
    if stage is None or not failed or stage.on_fail == "hold":
        return []
    why = "; ".join(f"{name}: {state.gates[name].why}" for name in failed)
    if stage.on_fail == "rollback":
        if "gate" in state.pauses or "gate" in state.excused:
            return []
        return back_or_pause(state, why, "gate")
    return _extends(state, stage.name, failed, why)


def _failing(state: State, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the BLOCKERs that fail for longer than they are tolerated."""
    found: list[str] = []
    for name in names:
        gate, seen = state.plan.gates[name], state.gates.get(name)
        if seen is None or seen.failing_since is None or seen.is_waived:
            continue
        if gate.severity != "BLOCKER" or seen.verdict is not Verdict.FAIL:
            continue
        if gate.tolerate_s == 0 or (seen.at - seen.failing_since).total_seconds() > gate.tolerate_s:
            found.append(name)
    return tuple(found)


def _extends(state: State, stage: str, failed: tuple[str, ...], why: str) -> list[Action]:
    """Add time once for each time that a gate begins to fail."""
    if stage != state.stage_name:
        return []
    began = [state.gates[name].failing_since for name in failed]
    first = max(at for at in began if at is not None)
    if state.extended_at is not None and state.extended_at >= first:
        return []
    by_s = _ON_FAIL_EXTENDS_S / state.origin.factor
    data = {"stage": stage, "by_s": by_s, "why": why, "by": "", "is_on_fail": True}
    return [Record(Kind.EXTENDED, data)]
