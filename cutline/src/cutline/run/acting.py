"""The acts of a tick: each is journaled as an intent, done, and journaled as an outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, assert_never

from cutline.errors import CannotWrite
from cutline.run.action import (
    Action,
    Close,
    Diagnose,
    OpenCheckpoint,
    Record,
    SetSwitch,
    Sign,
    StartStep,
    TakeBaseline,
    Tell,
)
from cutline.run.brief import brief_of
from cutline.run.clock import Clock
from cutline.run.fold import fold
from cutline.run.kinds import Kind
from cutline.run.ports import AJournal, AnEntry, Closer, Signer, SomeBlobs
from cutline.run.reading import Question, Reading
from cutline.run.recording import readings_data
from cutline.run.scope import Key, keys_of, scope_of
from cutline.run.state import State
from cutline.run.world import Call, World


@dataclass(frozen=True, slots=True)
class Unwritten:
    """An entry that could not be written yet: the disk is full, the folder is gone."""

    kind: str
    data: Mapping[str, Any]
    at: str
    when: datetime


@dataclass(slots=True)
class Hand:
    """Does what was decided, against the world, and journals it.

    A journal that cannot be written stops everything but lowering traffic (rule 8): what was
    to be written then waits in `unwritten`, and `failure` says why. Nothing else is done before
    its intent is on the disk: an intent that cannot be written is forgotten with what it was for.
    """

    world: World
    journal: AJournal
    clock: Clock
    blobs: SomeBlobs
    signer: Signer | None
    closer: Closer | None
    brief: Callable[[State, Mapping[str, Any]], bytes] = brief_of
    unwritten: list[Unwritten] = field(default_factory=list)
    failure: Exception | None = None

    def do(self, state: State, action: Action) -> State:
        """Do one action and return the state after its entries.

        What needs a file beside the journal and cannot write it is left for the next tick.
        """
        try:
            return self._do(state, action)
        except (CannotWrite, OSError) as error:
            self.failure = error
            return state

    def _do(self, state: State, action: Action) -> State:  # noqa: PLR0911  # one return a case
        match action:
            case Record():
                return self.record(state, action.kind, action.data)
            case SetSwitch():
                return self._set_switch(state, action)
            case StartStep():
                return self._start(state, action)
            case OpenCheckpoint():
                content = self.brief(state, action.data)
                brief = self.blobs.put(content, f"brief of {action.data['checkpoint']}")
                return self.record(state, Kind.CHECKPOINT_OPENED, {**action.data, "brief": brief})
            case TakeBaseline():
                return self._baseline(state, action)
            case Diagnose():
                return self._diagnose(state, action)
            case Tell():
                why = self.world.tell(action.notice)
                return self.record(state, Kind.TOLD, {"event": action.notice.event, "why": why})
            case Sign():
                return self._sign(state, action.reason)
            case Close():
                return self._close(state, action)
            case _:
                assert_never(action)

    def record(
        self, state: State, kind: Kind, data: Mapping[str, Any], at: datetime | None = None
    ) -> State:
        """Journal a fact and return the state after it."""
        when = self.clock.now() if at is None else at
        return fold(state, self._append(kind, data, when))

    def flush(self) -> None:
        """Write what could not be written before; raises what the journal raises."""
        while self.unwritten:
            first = self.unwritten[0]
            self.journal.append(first.kind, first.data, first.when)
            self.unwritten.pop(0)
        self.failure = None

    def _append(self, kind: Kind, data: Mapping[str, Any], at: datetime) -> AnEntry:
        if self.failure is None:
            try:
                return self.journal.append(kind.value, data, at)
            except (CannotWrite, OSError) as error:
                self.failure = error
        entry = Unwritten(kind.value, data, at.isoformat(), at)
        self.unwritten.append(entry)
        return entry

    def _set_switch(self, state: State, action: SetSwitch) -> State:
        """Set, then read back at once: a switch that lies about itself is found in this tick."""
        intent = {"percent": action.percent, "why": action.why}
        before, state = state, self.record(state, Kind.SWITCH_SETTING, intent)
        if self.failure is not None and action.percent != 0:
            return self._forgotten(before)
        done = self.world.set_switch(action.percent)
        seen = self.world.read_switch()
        lies = done.is_set and seen.percent is not None and seen.percent != action.percent
        why = f"it reads {seen.percent} % after it was set" if lies else done.why or seen.why
        data = {
            "percent": action.percent,
            "is_set": done.is_set and not lies,
            "is_applied": done.is_applied and seen.is_applied and not lies,
            "why": why,
            "output": done.output,
            "seen": seen.percent,
        }
        return self.record(state, Kind.SWITCH_SET, data)

    def _start(self, state: State, action: StartStep) -> State:
        call = action.call
        data = {**_of(call), "is_no_return": action.is_no_return}
        before, state = state, self.record(state, Kind.STEP_STARTING, data)
        if self.failure is not None:
            return self._forgotten(before)
        self.world.start(replace(call, since=state.stage_at))
        return state

    def _forgotten(self, before: State) -> State:
        """Leave an intent that is not on the disk: it was not acted upon, and is decided anew."""
        self.unwritten.pop()
        return before

    def kept(
        self, readings: Sequence[Reading], lists: frozenset[tuple[str, str]]
    ) -> list[dict[str, Any]]:
        """Return readings for an entry; where their lists cannot be written, without them."""
        try:
            return readings_data(readings, lists, self.blobs)
        except (CannotWrite, OSError) as error:
            self.failure = error
            return readings_data(readings, frozenset(), self.blobs)

    def collect(self, state: State) -> State:
        """Journal how the tries ended that were under way, or that they were cut off."""
        for step in tuple(state.steps.values()):
            if not step.state.is_under_way:
                continue
            call = step.call
            # Alive first: one that ends between the two questions has its outcome.
            is_alive = self.world.is_running(call)
            ended = self.world.outcome(call)
            if ended is not None:
                data = {
                    **_of(call),
                    "exit_code": ended.exit_code,
                    "why": ended.why,
                    "output": ended.output,
                    "files": dict(ended.files),
                }
                state = self.record(state, Kind.STEP_ENDED, data)
            elif not is_alive and not self._begins(call):
                state = self.record(state, Kind.STEP_CUT_OFF, _of(call))
        return state

    def _begins(self, call: Call) -> bool:
        """Start a try whose intent was journaled and that never began; nothing if it had begun."""
        self.world.start(call)
        return self.world.is_running(call) or self.world.outcome(call) is not None

    def _baseline(self, state: State, action: TakeBaseline) -> State:
        now = self.clock.now()
        since = state.bake.began_at or state.stage_at or now
        keys = scope_of(state).baseline
        readings, is_whole = self._ask(state, keys, since, now)
        data = {"stage": action.stage, "readings": readings, "is_whole": is_whole}
        return self.record(state, Kind.BASELINE, data)

    def _diagnose(self, state: State, action: Diagnose) -> State:
        now = self.clock.now()
        since = state.raised_at or state.stage_at or now
        readings, _ = self._ask(state, keys_of(state.plan, action.probes), since, now)
        data = {"for": action.name, "why": action.why, "readings": readings}
        return self.record(state, Kind.DIAGNOSED, data)

    def _ask(
        self, state: State, keys: tuple[Key, ...], since: datetime, now: datetime
    ) -> tuple[list[dict[str, Any]], bool]:
        """Ask over a stage; what measures the present measures it. Whole if nothing is blind."""
        probes = state.plan.probes
        questions = [
            Question(
                probe,
                side,
                min(since, now) if probes[probe].over_s else now,
                now,
                offset=state.offsets.get((probe, side)),
            )
            for probe, side in keys
        ]
        answers = self.world.ask(questions) if questions else []
        lists = frozenset(
            (name, field) for name, probe in probes.items() for field in probe.returns
        )
        kept = self.kept(answers, lists)
        return kept, self.failure is None and all(one.values is not None for one in answers)

    def _sign(self, state: State, reason: str) -> State:
        data: Mapping[str, object] = {"why": "nothing signs in this process"}
        if self.signer is not None:
            data = self.signer(reason)
        return self.record(state, Kind.HEAD, {"reason": reason, **data})

    def _close(self, state: State, action: Close) -> State:
        """Close; a closer writes the last entry itself, for what it seals has to hold that."""
        if self.closer is not None:
            return fold(state, self.closer(action.outcome, action.verdict))
        data = {"outcome": action.outcome, "verdict": action.verdict}
        return self.record(state, Kind.CLOSED, data)


def _of(call: Call) -> dict[str, Any]:
    """Return which try of which step is meant, as each entry about it says."""
    return {
        "stage": call.stage,
        "step": call.step,
        "key": call.key,
        "attempt": call.attempt,
        "is_undo": call.is_undo,
    }
