"""The simulated world behind a rehearsal: it answers as real systems would, and only so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cutline.errors import CannotMeasure
from cutline.gates import Conditions
from cutline.gates.check import judge_check
from cutline.gates.seen import Seen
from cutline.gates.verdict import Verdict
from cutline.plan.model import Plan
from cutline.plan.probe import FieldType
from cutline.plan.step import WaitFor
from cutline.rehearsal.play_clock import PlayClock
from cutline.rehearsal.scenario import METRICS, Event, Scenario, SideChange, StepPlay
from cutline.rehearsal.timeline import Timeline
from cutline.rehearsal.work import MEASURES, V1, V2, Force, Span, Work
from cutline.run.reading import Question, Reading, Value
from cutline.run.world import Call, Notice, Outcome, SwitchSeen, SwitchSet

_Key = tuple[str, int, bool]


class SimulatedWorld:
    """Implements `cutline.run.world.World` from a scenario and the clock of a play."""

    def __init__(
        self, plan: Plan, scenario: Scenario, clock: PlayClock, timeline: Timeline
    ) -> None:
        self.notices: list[Notice] = []
        self._plan = plan
        self._scenario = scenario
        self._clock = clock
        self._timeline = timeline
        self._work = Work(scenario)
        self._switch = 0
        self._routed = 0
        self._seen = SwitchSeen(0)
        self._started: dict[_Key, datetime] = {}
        self._answers: dict[tuple[str, tuple[int, ...]], _Answers] = {}
        self._then: dict[str, dict[str, Any]] = {}
        self._forces: tuple[tuple[Event, ...], Force] | None = None
        self._conditions: Conditions | None = None

    def advance(self) -> None:
        """Let the work go on until now, under what is in force."""
        now = self._clock.true
        self._work.advance(now, self._force(self._timeline.on(now)))

    def move_by_hand(self, percent: int) -> None:
        """Let a person set the switch."""
        self._switch = self._routed = percent

    def read_switch(self) -> SwitchSeen:
        """Return where the switch says that it stands."""
        for event in self._timeline.on(self._clock.true):
            if event.switch_unreadable is not None:
                return SwitchSeen(None, event.switch_unreadable, is_applied=False)
        if self._seen.percent != self._switch:
            self._seen = SwitchSeen(self._switch)
        return self._seen

    def set_switch(self, percent: int) -> SwitchSet:
        """Set it; one that lies says so and goes on routing as before."""
        is_lie = False
        for event in self._timeline.on(self._clock.true):
            if event.switch_fails is not None:
                return SwitchSet(is_set=False, is_applied=False, why=event.switch_fails)
            is_lie = is_lie if event.switch_lies is None else event.switch_lies
        self._switch = percent
        if not is_lie:
            self._routed = percent
        return SwitchSet(is_set=True, is_applied=True)

    def ask(self, questions: Sequence[Question]) -> Sequence[Reading]:
        """Answer from the work, as the scenario says what each probe measures."""
        now = self._timeline.on(self._clock.true)
        return [self._answer(question, now) for question in questions]

    def _answer(self, question: Question, now: Sequence[Event]) -> Reading:
        """Answer one; whether a probe can be asked is of now, what it says of the question's end.

        A probe that knows no past says so, as the real one would.
        """
        probe = question.probe
        is_late = question.is_late
        if is_late and not self._plan.probes[probe].past:
            return Reading(question, question.until, None, "it cannot be asked about the past")
        own = [event for event in now if event.probe == probe] if now else now
        for event in own:
            if event.blind is not None:
                return Reading(question, question.until, None, event.blind)
        until = self._clock.true_of(question.until)
        if is_late:
            own = [event for event in self._timeline.on(until) if event.probe == probe]
        answers = self._of(probe, own)
        if answers is None:
            why = f"the scenario does not say what probe {probe} measures"
            return Reading(question, question.until, None, why)
        if not answers.metrics:
            return Reading(question, question.until, answers.values)
        since = self._clock.true_of(question.since)
        span = self._work.span(self._side(question), since, until)
        values: dict[str, Value] = dict(answers.values)
        for name, measure, is_double in answers.metrics:
            found = self._switch if measure is None else measure(span)
            values[name] = float(found) if is_double and isinstance(found, int) else found
        return Reading(question, question.until, values)

    def _side(self, question: Question) -> str | None:
        """Return the side of the work: of a probe with other names the first is v2."""
        side = question.side
        if side is None or side in {V1, V2}:
            return side
        return V2 if self._plan.probes[question.probe].sides[0] == side else V1

    def _of(self, probe: str, own: Sequence[Event]) -> _Answers | None:
        said = self._scenario.probes.get(probe)
        if said is None:
            return None
        key = (probe, tuple(id(event) for event in own))
        found = self._answers.get(key)
        if found is None:
            fields = {**said, **self._then.get(probe, {})}
            for event in own:
                fields |= event.values or {}
            found = self._answers[key] = _Answers(fields, self._plan.probes[probe].returns)
        return found

    def start(self, call: Call) -> None:
        """Begin a step; the scenario says how long it takes."""
        self._started.setdefault(_key(call), self._clock.true)

    def outcome(self, call: Call) -> Outcome | None:
        """Return how a step ended once its time is over; None for one that was cut off."""
        started = self._started.get(_key(call))
        if started is None:
            return None
        waited_s = (self._clock.true - started).total_seconds()
        wait = self._wait(call)
        if wait is not None:
            return self._waited(wait, waited_s)
        play = self._play(call)
        if waited_s < play.takes_s or (play.cut_off and call.attempt == 1 and not call.is_undo):
            return None
        code = 0 if call.is_undo else play.exits[min(call.attempt, len(play.exits)) - 1]
        if code == 0 and not call.is_undo:
            self._take_effect(play)
        return Outcome(code, "" if code == 0 else "the scenario says so")

    def _take_effect(self, play: StepPlay) -> None:
        for probe, values in play.then.items():
            if self._then.get(probe) != values:
                self._then[probe] = {**self._then.get(probe, {}), **values}
                self._answers.clear()

    def is_running(self, call: Call) -> bool:
        """Say whether its time is not over."""
        started = self._started.get(_key(call))
        if started is None:
            return False
        wait = self._wait(call)
        if wait is not None:
            return self.outcome(call) is None
        return (self._clock.true - started).total_seconds() < self._play(call).takes_s

    def tell(self, notice: Notice) -> str:
        """Keep the notice."""
        self.notices.append(notice)
        return ""

    def _wait(self, call: Call) -> WaitFor | None:
        """Return what a step waits for: that is measured, unless the scenario plays the step."""
        if call.is_undo or call.step in self._scenario.steps:
            return None
        steps = self._plan.stage(call.stage).steps
        return next((one.wait_for for one in steps if one.name == call.step), None)

    def _waited(self, wait: WaitFor, waited_s: float) -> Outcome | None:
        conditions = self._conditions = self._conditions or self._all_conditions()
        now = self._clock.now()
        keys = {(field.probe, field.side) for _, field in conditions.compiled(wait.check).fields}
        questions = [Question(probe, side, now, now) for probe, side in keys]
        readings = {(one.question.probe, one.question.side): one for one in self.ask(questions)}
        try:
            said = judge_check(wait.check, Seen(now, readings), conditions)
        except CannotMeasure as error:
            why = error.what
        else:
            if said.verdict is Verdict.PASS:
                return Outcome(0)
            why = said.why
        return None if waited_s < wait.timeout_s else Outcome(1, f"waited in vain: {why}")

    def _all_conditions(self) -> Conditions:
        given = {f"inputs.{name}": value for name, value in self.inputs.items()}
        return Conditions.of(self._plan, given)

    @property
    def inputs(self) -> Mapping[str, object]:
        """Return the inputs that the scenario and the plan say."""
        said = {name: one.default for name, one in self._plan.inputs.items()}
        return {**said, **self._scenario.inputs}

    def _play(self, call: Call) -> StepPlay:
        return self._scenario.steps.get(call.step, StepPlay())

    def _force(self, on: tuple[Event, ...]) -> Force:
        known = self._forces
        if known is not None and known[0] is on and known[1].percent == self._routed:
            return known[1]
        v1, v2, traffic = self._scenario.v1, self._scenario.v2, self._scenario.traffic
        for event in on:
            v1 = v1.model_copy(update=_changes(event.v1))
            v2 = v2.model_copy(update=_changes(event.v2))
            if event.per_hour is not None:
                traffic = traffic.model_copy(update={"per_hour": event.per_hour, "night": None})
        force = Force(v1, v2, traffic, self._routed)
        self._forces = (on, force)
        return force


class _Answers:
    """What a probe says: values that stand, and how the work is measured (None: the switch is)."""

    __slots__ = ("metrics", "values")

    def __init__(self, fields: Mapping[str, Any], returns: Mapping[str, FieldType]) -> None:
        self.values: Mapping[str, Value] = {}
        self.metrics: list[tuple[str, Callable[[Span], Value] | None, bool]] = []
        values: dict[str, Value] = {}
        for name, said in fields.items():
            kind = returns.get(name, "")
            if isinstance(said, str) and said in METRICS:
                self.metrics.append((name, MEASURES.get(said), kind == "double"))
            else:
                values[name] = _value(said, kind)
        self.values = values


def _value(said: object, kind: str) -> Value:
    if isinstance(said, list | tuple):
        return tuple(_value(one, kind.removeprefix("list(").removesuffix(")")) for one in said)  # type: ignore[misc]
    if kind == "double" and type(said) is int:
        return float(said)
    return said if isinstance(said, str | int | float | bool) else None


def _key(call: Call) -> _Key:
    return (call.key, call.attempt, call.is_undo)


def _changes(change: SideChange | None) -> dict[str, object]:
    if change is None:
        return {}
    return {name: value for name, value in change if value is not None}
