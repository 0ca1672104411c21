"""From readings to entries: verdicts of gates, symptoms of triggers, the turn of the bake clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cutline.gates import Conditions, judge, judge_confirm, judge_trigger
from cutline.gates.field import NotMeasured, number, value
from cutline.gates.judge import blind
from cutline.gates.seen import Seen
from cutline.gates.verdict import Judged, Verdict
from cutline.plan.gate import Gate
from cutline.plan.switch import Confirm
from cutline.plan.trigger import Trigger
from cutline.run.bake import Held, turn, worst
from cutline.run.fold_watch import clock_data
from cutline.run.reading import Reading
from cutline.run.schedule import DRAINED, Due, clock_in_force
from cutline.run.scope import Key, Reads, Scope, Watches
from cutline.run.state import State
from cutline.run.watched import GateSeen

Readings = Mapping[Key, Reading]


class GateJudges:
    """The real judges: `cutline.gates` with what the plan declares."""

    def gate(self, gate: Gate, name: str, seen: Seen, conditions: Conditions) -> Judged:
        """Judge a gate."""
        return judge(gate, name, seen, conditions)

    def trigger(self, trigger: Trigger, seen: Seen, conditions: Conditions) -> Judged:
        """Judge a trigger: FAIL says that the symptom is there."""
        return judge_trigger(trigger, seen, conditions)

    def confirm(
        self,
        confirm: Confirm,
        percent: int,
        seen: Seen,
        conditions: Conditions,
        quiet_s: float | None = None,
    ) -> Judged:
        """Say whether traffic shows the percent; exact at 0 and 100."""
        try:
            v2, total = (_number(text, seen, conditions) for text in (confirm.rate, confirm.of))
        except NotMeasured as error:
            return blind(error)
        return judge_confirm(confirm, percent, v2, total, quiet_s)


def _number(text: str, seen: Seen, conditions: Conditions) -> float:
    wanted = conditions.field(text)
    fresh_s = conditions.fresh_s.get(wanted.probe)
    return number(value(wanted, seen.readings, seen.now, fresh_s), wanted)


@dataclass(slots=True)
class Watcher:
    """Judges triggers; one whose fields say the same as before is not judged again."""

    judges: GateJudges = field(default_factory=GateJudges)
    _scope: Scope | None = None
    _reported: frozenset[str] = frozenset()
    _measured: list[tuple[Any, Any]] = field(default_factory=list)
    _said: dict[str, Judged] = field(default_factory=dict)

    def changed(
        self, state: State, scope: Scope, readings: Readings, now: datetime
    ) -> dict[str, dict[str, Any]]:
        """Return what is new about the triggers, by label, as a WATCHED entry has it."""
        for one in self._in_doubt(state, scope, _measured(scope, readings, now)):
            seen = Seen(now, readings, reported=state.reported)
            self._said[one.label] = self.judges.trigger(one.trigger, seen, scope.conditions)
        found: dict[str, dict[str, Any]] = {}
        known = state.triggers
        for label, said in self._said.items():
            before = known.get(label)
            if before is None or before.verdict is not said.verdict:
                found[label] = as_data(said)
        return found

    def _in_doubt(
        self, state: State, scope: Scope, measured: list[tuple[Any, Any]]
    ) -> Iterable[Watches]:
        """Return the triggers of which something that they depend on is not as it was."""
        before, self._measured = self._measured, measured
        if self._scope is not scope or len(before) != len(measured):
            self._scope, self._reported, self._said = scope, state.reported, {}
            return scope.triggers
        other = {place for place, one in enumerate(measured) if one != before[place]}
        has_news = self._reported != state.reported
        self._reported = state.reported
        if not other and not has_news:
            return ()
        return [
            one
            for one in scope.triggers
            if (has_news and one.trigger.report is not None) or not other.isdisjoint(one.places)
        ]


def _measured(scope: Scope, readings: Readings, now: datetime) -> list[tuple[Any, Any]]:
    """Return what triggers depend on, in the order of `scope.watched`: a value with its type.

    A value that is missing has the reason instead, and one that is older than it may be the time,
    for its reason says how old it is.
    """
    found: list[tuple[Any, Any]] = []
    for key, name, limit in scope.watched:
        reading = readings.get(key)
        if reading is None:
            found.append((None, None))
            continue
        values = reading.values
        value_ = values.get(name) if values is not None else None
        if limit is not None and now - reading.measured_at > limit:
            found.append((now, reading.why))
        else:
            found.append((value_, reading.why if value_ is None else type(value_)))
    return found


def as_data(said: Judged) -> dict[str, Any]:
    """Return a verdict as the journal keeps it."""
    return {"verdict": said.verdict.value, "why": said.why, "figures": dict(said.figures)}


@dataclass(frozen=True, slots=True)
class Sight:
    """What the gates of an instant are judged on."""

    readings: Readings
    reference: Readings = field(default_factory=dict)


def judged(
    state: State, scope: Scope, what: Due, sight: Sight, judges: GateJudges
) -> dict[str, Any]:
    """Return the JUDGED entry of an instant: all verdicts, and the turn of the clock."""
    seen = Seen(
        now=what.at,
        readings=sight.readings,
        reference=sight.reference,
        series=_series_now(state, scope, sight.readings, what.at),
        attested=state.attested,
        looks=scope.looks,
        reported=state.reported,
    )
    verdicts: dict[str, Any] = {}
    held: dict[str, Held] = {}
    diagnose: dict[str, list[str]] = {}
    for one in (*what.gates, *what.standing, *what.conditions):
        said = judges.gate(one.gate, one.name, seen, scope.conditions)
        if one.name == DRAINED and said.verdict is Verdict.FAIL:
            said = replace(said, why=said.why + _left(scope, sight.readings))
        waived = _is_waived(state, one, said)
        verdicts[one.name] = as_data(said) | ({"is_waived": True} if waived else {})
        before = state.gates.get(one.name)
        if one.is_blocker:
            held[one.name] = _held(one, said, before, what, is_waived=waived)
        if said.verdict is Verdict.FAIL and one.gate.diagnose and _is_new(before):
            diagnose[one.name] = list(one.gate.diagnose)
    data: dict[str, Any] = {
        "mark": what.mark_s,
        "is_end": what.is_end,
        "verdicts": verdicts,
        "clock": None,
    }
    if diagnose:
        data["diagnose"] = diagnose
    if what.is_instant:
        data |= _clock(state, scope, what, worst(held))
        if scope.trends:
            data["series"] = _present(scope, sight.readings)
    return data


def confirmed(
    state: State, scope: Scope, readings: Readings, now: datetime, judges: GateJudges
) -> Judged | None:
    """Return what traffic shows of the switch, if the plan says how to see it."""
    confirm, percent = scope.plan.switch.confirm, state.traffic.percent
    if confirm is None or percent is None:
        return None
    wrong_at = state.traffic.wrong_at
    # A rollback does not wait: what is under way goes to its drain, and the next tick looks again.
    is_forgiving = wrong_at is not None and state.rollback is None
    quiet_s = (now - wrong_at).total_seconds() if is_forgiving and wrong_at is not None else None
    return judges.confirm(confirm, percent, Seen(now, readings), scope.conditions, quiet_s)


def _clock(state: State, scope: Scope, what: Due, held: Held) -> dict[str, Any]:
    clock = clock_in_force(state, scope)
    turned = turn(clock, scope.rules, what.at, held)
    is_reset = turned.clock.began_at != state.bake.began_at
    said = clock_data(turned.clock) | {
        "before_s": state.bake.total_s,
        "why": turned.why,
        "is_taken": turned.is_taken,
        "is_reset": is_reset,
    }
    mark = turned.mark_s
    return {"clock": said, "mark": mark}


def _held(one: Reads, said: Judged, before: GateSeen | None, what: Due, *, is_waived: bool) -> Held:
    """Return what one gate means for the clock (rules 2, 3 and 12)."""
    if is_waived:
        return Held.PASSED
    match said.verdict:
        case Verdict.PASS:
            return Held.PASSED
        case Verdict.FAIL:
            return Held.FAILED if _is_beyond(one.gate, before, what.at) else Held.TOLERATED
        case Verdict.THIN:
            # Between marks little traffic does not stop the clock; an end without a bake waits.
            return Held.WAITING if what.mark_s is not None else Held.PASSED
        case Verdict.BLIND:
            # For a person's word the clock waits; what a probe could not tell stops it.
            return Held.WAITING if one.gate.attest is not None else Held.BLIND


def _is_beyond(gate: Gate, before: GateSeen | None, now: datetime) -> bool:
    since = before.failing_since if before is not None else None
    lasted_s = (now - since).total_seconds() if since is not None else 0.0
    return lasted_s > gate.tolerate_s or gate.tolerate_s == 0


def _is_new(before: GateSeen | None) -> bool:
    return before is None or before.failing_since is None


def _is_waived(state: State, one: Reads, said: Judged) -> bool:
    """Say whether people waived the gate: never what is blind, and no person's word."""
    return (
        bool(state.overrides)
        and said.verdict in {Verdict.FAIL, Verdict.THIN}
        and state.override("gate", one.name) is not None
    )


def _series_now(
    state: State, scope: Scope, readings: Readings, now: datetime
) -> Mapping[str, tuple[tuple[float, float], ...]]:
    if not scope.trends:
        return {}
    series = dict(state.series)
    began = state.bake.began_at or now
    for text, found in _present(scope, readings).items():
        point = ((now - began).total_seconds(), found)
        series[text] = (*series.get(text, ()), point)
    return series


def _present(scope: Scope, readings: Readings) -> dict[str, float]:
    found: dict[str, float] = {}
    for text, key, name in scope.trends:
        reading = readings.get(key)
        given = reading.values.get(name) if reading is not None and reading.values else None
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            found[text] = float(given)
    return found


def _left(scope: Scope, readings: Readings) -> str:
    """Name what has not drained, where the plan says which field lists it."""
    drained = scope.plan.rollback.drained
    if drained is None or drained.list is None:
        return ""
    wanted = scope.conditions.field(drained.list)
    reading = readings.get((wanted.probe, wanted.side))
    given = reading.values.get(wanted.name) if reading is not None and reading.values else None
    if not isinstance(given, (tuple, list)) or not given:
        return ""
    return "; left: " + ", ".join(str(one) for one in given)


def by_key(places: Mapping[Key, int], readings: Sequence[Reading]) -> dict[Key, Reading]:
    """Return the readings of some questions by probe and side."""
    return {key: readings[place] for key, place in places.items()}
