"""The loop around the core: one tick reads people, switch and probes, judges, decides and acts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cutline.errors import CannotMeasure, CannotWrite
from cutline.gates.confirm import ALL
from cutline.gates.verdict import Verdict
from cutline.plan.difference import difference
from cutline.plan.model import Plan
from cutline.run.accepting import taken
from cutline.run.acting import Hand
from cutline.run.action import Action, Record, SetSwitch
from cutline.run.amending import Compare, amendment
from cutline.run.clock import Clock
from cutline.run.decide import decide, decide_urgent
from cutline.run.firing import firing, wanted
from cutline.run.judge import GateJudges, Sight, Watcher, by_key, confirmed, judged
from cutline.run.kinds import Kind
from cutline.run.message import Message
from cutline.run.ports import (
    AJournal,
    Closer,
    Identified,
    Identify,
    Messages,
    Signer,
    SomeBlobs,
)
from cutline.run.reading import Reading
from cutline.run.recording import readings_of
from cutline.run.schedule import Asks, Due, asks, due, instant
from cutline.run.scope import Key, Reads, Scope, scope_of
from cutline.run.staging import is_due
from cutline.run.state import State
from cutline.run.transitions import Phase
from cutline.run.world import World

# A decision that goes in circles is a bug: no tick has as many entries.
_MOST_DECISIONS = 2_000
_TICKS_MISSED = 3


def claimed(plan: Plan, message: Message, brief: bytes) -> Identified:
    """Take everybody at their word; a signature that nobody can look at is refused."""
    del plan, brief
    if message.data.get("signature"):
        return Identified("claimed", "nothing here can look at its signature")
    return Identified("claimed")


@dataclass(slots=True)
class Driver:
    """Drives one run. `tick` is everything that happens at one instant.

    Nothing is kept in it that the journal does not say, but what saves work: a new driver over
    the same journal goes on as this one would. Whoever calls `tick` holds the run's tick lock.

    `messages` hands in what lies in the inbox; a message is known by its id and taken once, so it
    may be handed in again. `signer`, `closer`, `identify`, `compare` are for heads, evidence,
    signatures and amendments; `renew` returns the world of a plan that was amended.
    """

    world: World
    journal: AJournal
    clock: Clock
    messages: Messages
    blobs: SomeBlobs
    signer: Signer | None = None
    closer: Closer | None = None
    identify: Identify = claimed
    compare: Compare = difference
    judges: GateJudges = field(default_factory=GateJudges)
    brief: Callable[[State, Mapping[str, Any]], bytes] | None = None
    renew: Callable[[State], World] | None = None
    _hand: Hand = field(init=False)
    _unsaved: State | None = field(init=False, default=None)
    _watcher: Watcher = field(init=False)
    _ended_at: datetime | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._hand = Hand(
            self.world, self.journal, self.clock, self.blobs, self.signer, self.closer
        )
        if self.brief is not None:
            self._hand.brief = self.brief
        self._watcher = Watcher(self.judges)

    @property
    def is_unsaved(self) -> bool:
        """Say whether it knows what could not be written; only this process does."""
        return self._unsaved is not None

    @property
    def has_acted_unwritten(self) -> bool:
        """Say whether traffic was lowered and the journal does not know it yet."""
        return any(one.kind == Kind.SWITCH_SET for one in self._hand.unwritten)

    def tick(self, state: State) -> State:
        """Return the state after one tick.

        Raises what the journal raised if it cannot be written; traffic was lowered before that if
        anything asked for it.
        """
        try:
            return self._tick(state)
        finally:
            self._ended_at = self.clock.now()

    def _tick(self, state: State) -> State:
        if state.phase is Phase.ENDED:
            return state
        hand = self._hand
        if self._unsaved is not None:
            # What is unwritten is part of what was decided on: it goes on from there.
            state = self._unsaved
            with contextlib.suppress(CannotWrite, OSError):
                hand.flush()
        now = self.clock.now()
        if state.ticked_at is not None and now < state.ticked_at:
            by_s = (state.ticked_at - now).total_seconds()
            state = hand.record(state, Kind.CLOCK_WENT_BACK, {"by_s": by_s}, now)
        state = self._take(state, now)
        state = self._settle(state, decide_urgent)
        state = self._catch_up(state, now)
        state = self._look(state, now)
        state = hand.collect(state) if state.steps else state
        state = self._settle(state, decide)
        self._unsaved = state if hand.failure is not None else None
        if hand.failure is not None:
            raise hand.failure
        return state

    def _take(self, state: State, now: datetime) -> State:
        """Journal each message once, accepted or not, and carry it out before the next."""
        for message in self.messages():
            if message.id in state.taken:
                continue
            said = taken(state, message, now, self.blobs, self.identify)
            data, why = dict(said.data), said.why
            if message.verb == "amend":
                data, why = amendment(state, message.by, message.data, self.compare)
                why = why or self._lacks(data)
            entry = {
                "id": message.id,
                "verb": message.verb,
                "by": message.by,
                "data": data,
                "is_accepted": not why,
                "why": why,
            }
            state = self._hand.record(state, Kind.MESSAGE, entry, now)
            state = self._settle(state, decide_urgent)
        return state

    def _lacks(self, amended: Mapping[str, Any]) -> str:
        """Say which file of an amendment is not in the run's folder: no tick could go on so."""
        for name, digest in dict(amended.get("files") or {}).items():
            try:
                self.blobs.open(str(digest))
            except CannotMeasure as error:
                return f"{name}: {error.what}"
        return ""

    def _catch_up(self, state: State, now: datetime) -> State:
        """After an absence ask about the instants that were missed (rule 4).

        A tick that takes its time is no absence: what this driver knows of begins at its end.
        """
        before = state.ticked_at
        if before is None:
            return state
        absent_s = (now - max(before, self._ended_at or before)).total_seconds()
        if absent_s <= _TICKS_MISSED * state.plan.watch.every_s:
            return state
        if absent_s > state.plan.watch.blind_after_s:
            data = {"since": before.isoformat(), "until": now.isoformat()}
            state = self._hand.record(state, Kind.ABSENT, data, now)
        return self._ask_missed(state, before, now)

    def _ask_missed(self, state: State, before: datetime, now: datetime) -> State:
        scope = scope_of(state)
        step_s = (
            scope.rules.every_s
            if state.phase is Phase.BAKING
            else _TICKS_MISSED * (scope.plan.watch.every_s)
        )
        at = (state.bake.last_at if state.phase is Phase.BAKING else None) or before
        step = timedelta(seconds=step_s)
        at += step
        while at < now and state.phase is not Phase.ROLLING_BACK:
            if at > before:
                state = self._look_back(state, at)
                state = self._settle(state, decide_late)
            at += step
        return state

    def _look_back(self, state: State, at: datetime) -> State:
        """Judge a missed instant on what can be asked about the past; the rest stays a gap."""
        scope = scope_of(state)
        what = Due(at)
        if state.phase is Phase.BAKING:
            missed = instant(state, scope, at)
            blockers = [one for one in missed.gates if one.is_blocker and one.gate.at == "instants"]
            if all(one.is_past for one in blockers) and blockers:
                what = missed
        asked = asks(state, scope, what, is_late=True)
        if not asked.questions:
            return state
        readings = self.world.ask(asked.questions)
        kept = self._hand.kept(readings, self._wanted_lists(what))
        late = {"instant": at.isoformat(), "is_late": True}
        state = self._hand.record(state, Kind.TICK, {**late, "readings": kept})
        return self._judge(state, scope, what, asked, readings, late)

    def _look(self, state: State, now: datetime) -> State:
        """Read the switch, ask everything at once, journal it, and judge it."""
        scope = scope_of(state)
        what = due(state, scope, now)
        asked = asks(state, scope, what)
        seen = self.world.read_switch()
        readings = self.world.ask(asked.questions) if asked.questions else ()
        data: dict[str, Any] = {
            "is_late": False,
            "switch": {"percent": seen.percent, "is_applied": seen.is_applied, "why": seen.why},
            "readings": self._hand.kept(readings, self._wanted_lists(what)),
        }
        if state.phase is Phase.WAITING and is_due(state, now):
            data["is_due"] = True
        state = self._hand.record(state, Kind.TICK, data, now)
        return self._judge(state, scope, what, asked, readings, {})

    def _judge(
        self,
        state: State,
        scope: Scope,
        what: Due,
        asked: Asks,
        readings: Sequence[Reading],
        late: Mapping[str, Any],
    ) -> State:
        at, hand = what.at, self._hand
        when = None if late else at
        if scope.triggers:
            seen = by_key(asked.watching, readings)
            changed = self._watcher.changed(state, scope, seen, at)
            if changed:
                state = hand.record(state, Kind.WATCHED, {**late, "triggers": changed}, when)
        if what.judges:
            sight = Sight(by_key(asked.judging, readings), self._reference(state, what))
            data = judged(state, scope, what, sight, self.judges)
            state = hand.record(state, Kind.JUDGED, {**late, **data}, when)
        if what.wants_confirm and asked.confirming:
            said = confirmed(state, scope, by_key(asked.confirming, readings), at, self.judges)
            if said is not None and _is_news(state, said.verdict):
                data = {
                    "percent": state.traffic.percent,
                    "verdict": said.verdict.value,
                    "why": said.why,
                    "figures": dict(said.figures),
                }
                state = hand.record(state, Kind.CONFIRMED, data, at)
        return state

    def _reference(self, state: State, what: Due) -> dict[Key, Reading]:
        """Return the baselines with which the gates that are due compare."""
        stages = {one.than_stage for one in what.gates if one.than_stage}
        found: dict[Key, Reading] = {}
        for stage in stages:
            for reading in readings_of(state.baselines.get(stage, ()), self.blobs):
                found[reading.question.probe, reading.question.side] = reading
        return found

    def _renew(self, state: State) -> None:
        """What follows in this very tick is done by the plan in force: its queries, its steps."""
        if self.renew is not None:
            self.world = self._hand.world = self.renew(state)

    @staticmethod
    def _wanted_lists(what: Due) -> frozenset[tuple[str, str]]:
        gates: tuple[Reads, ...] = (*what.gates, *what.standing, *what.conditions)
        if not gates:
            return frozenset()
        return frozenset().union(*(one.lists for one in gates))

    def _settle(self, state: State, deciding: Callable[[State, datetime], list[Action]]) -> State:
        """Decide and act until nothing is left to do in this tick."""
        hand = self._hand
        actions: list[Action] = []
        for _ in range(_MOST_DECISIONS):
            actions = deciding(state, self.clock.now())
            if hand.failure is not None:
                # Nothing can be written: only traffic is lowered, the rest waits (rule 8).
                actions = [one for one in actions if _is_safe_unwritten(one)]
            if not actions:
                return state
            for action in actions:
                if hand.failure is not None and not _is_safe_unwritten(action):
                    break
                state = hand.do(state, action)
                if isinstance(action, Record) and action.kind is Kind.AMENDED:
                    self._renew(state)
        raise AssertionError(f"a decision goes in circles in {state.phase}: {actions}")


def decide_late(state: State, now: datetime) -> list[Action]:
    """Return what a missed instant leads to at once: only what triggers want."""
    return firing(state, now) or wanted(state, now) or decide_urgent(state, now)


def _is_news(state: State, verdict: Verdict) -> bool:
    """Say whether to journal it; at 0 and 100 % each request on the wrong side counts anew."""
    is_exact = state.traffic.percent in {0, ALL}
    return verdict is not state.traffic.confirmed or (is_exact and verdict is Verdict.FAIL)


def _is_safe_unwritten(action: Action) -> bool:
    """Say whether an action may be done although it cannot be journaled."""
    match action:
        case SetSwitch():
            return action.percent == 0
        case Record():
            return action.kind in {
                Kind.ROLLBACK_STARTED,
                Kind.ROLLBACK_STATE,
                Kind.TRIGGER_FIRED,
                Kind.DRIFTED,
            }
        case _:
            return False
