"""The simulated world behind a rehearsal: it answers as real systems would, and only so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cutline.plan.model import Plan
from cutline.rehearsal.scenario import METRICS, Event, Moment, Scenario, SideChange, StepPlay
from cutline.rehearsal.work import Force, Work
from cutline.run.clock import Clock
from cutline.run.reading import Question, Reading, Value
from cutline.run.world import Call, Notice, Outcome, SwitchSeen, SwitchSet

START = "start"


class Measured(Mapping[str, Value]):
    """The values of one reading; a metric is computed when somebody asks for it."""

    def __init__(self, work: Work, question: Question, fields: Mapping[str, Any]) -> None:
        self._work = work
        self._question = question
        self._fields = fields
        self._known: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._known:
            said = self._fields[name]
            is_metric = isinstance(said, str) and said in METRICS
            self._known[name] = self._metric(said) if is_metric else _value(said)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def _metric(self, name: str) -> Value:
        asked = self._question
        found = self._work.metric(name, asked.side, asked.since, asked.until)
        return found if isinstance(found, int | float | str | tuple) else None


def _value(said: object) -> Value:
    if isinstance(said, list | tuple):
        return tuple(said)
    return said if isinstance(said, str | int | float | bool) else None


class SimulatedWorld:
    """Implements `cutline.run.world.World` from a scenario and a virtual clock."""

    def __init__(self, plan: Plan, scenario: Scenario, clock: Clock) -> None:
        self.notices: list[Notice] = []
        self._plan = plan
        self._scenario = scenario
        self._clock = clock
        self._work = Work(scenario)
        self._switch = 0
        self._routed = 0
        self._moments: dict[str, datetime] = {START: scenario.start}
        self._started: dict[tuple[str, int, bool], tuple[datetime, Call]] = {}
        self._moved: set[int] = set()

    def begin(self, stage: str, at: datetime) -> None:
        """Learn that a stage began: moments such as `canary+3h` count from here."""
        self._moments.setdefault(stage, at)

    def when(self, moment: Moment) -> datetime | None:
        """Return the time of a moment; None while its stage has not begun."""
        began = self._moments.get(moment.stage)
        return None if began is None else began + timedelta(seconds=moment.after_s)

    def advance(self) -> None:
        """Let the work go on until now, under what is in force; people may move the switch."""
        now = self._clock.now()
        for at, event in enumerate(self._scenario.events):
            if (
                event.moved_by_hand is not None
                and at not in self._moved
                and self._is_on(event, now)
            ):
                self._moved.add(at)
                self._switch = self._routed = event.moved_by_hand or 0
        self._work.advance(now, self._force(now))

    def is_absent(self) -> bool:
        """Say whether the driver is away now."""
        now = self._clock.now()
        return any(event.driver_absent and self._is_on(event, now) for event in self._events())

    def read_switch(self) -> SwitchSeen:
        """Return where the switch says that it stands."""
        return SwitchSeen(self._switch)

    def set_switch(self, percent: int) -> SwitchSet:
        """Set it; one that lies says so and goes on routing as before."""
        self._switch = percent
        lies = [event.switch_lies for event in self._on() if event.switch_lies is not None]
        if not (lies and lies[-1]):
            self._routed = percent
        return SwitchSet(is_set=True, is_applied=True)

    def ask(self, questions: Sequence[Question]) -> Sequence[Reading]:
        """Answer from the work, as the scenario says what each probe measures."""
        on = self._on()
        return [self._answer(question, on) for question in questions]

    def _answer(self, question: Question, on: Sequence[Event]) -> Reading:
        said = self._scenario.probes.get(question.probe)
        if said is None:
            why = f"the scenario does not say what probe {question.probe} measures"
            return Reading(question, question.until, None, why)
        own = [event for event in on if event.probe == question.probe]
        blind = [event.blind for event in own if event.blind is not None]
        if blind:
            return Reading(question, question.until, None, blind[-1])
        fields = dict(said)
        for event in own:
            fields |= event.values or {}
        return Reading(question, question.until, Measured(self._work, question, fields))

    def start(self, call: Call) -> None:
        """Begin a step; the scenario says how long it takes."""
        key = (call.key, call.attempt, call.is_undo)
        self._started.setdefault(key, (self._clock.now(), call))

    def outcome(self, call: Call) -> Outcome | None:
        """Return how a step ended once its time is over; None for one that was cut off."""
        play = self._play(call)
        if not self._is_over(call) or (play.cut_off and call.attempt == 1):
            return None
        code = play.exits[min(call.attempt, len(play.exits)) - 1]
        return Outcome(0 if call.is_undo else code, "" if code == 0 else "the scenario says so")

    def is_running(self, call: Call) -> bool:
        """Say whether its time is not over."""
        return (call.key, call.attempt, call.is_undo) in self._started and not self._is_over(call)

    def tell(self, notice: Notice) -> str:
        """Keep the notice."""
        self.notices.append(notice)
        return ""

    def _play(self, call: Call) -> StepPlay:
        return self._scenario.steps.get(call.step, StepPlay())

    def _is_over(self, call: Call) -> bool:
        started = self._started.get((call.key, call.attempt, call.is_undo))
        if started is None:
            return False
        return (self._clock.now() - started[0]).total_seconds() >= self._play(call).takes_s

    def _events(self) -> Sequence[Event]:
        return self._scenario.events

    def _on(self) -> list[Event]:
        now = self._clock.now()
        return [event for event in self._events() if self._is_on(event, now)]

    def _is_on(self, event: Event, now: datetime) -> bool:
        since = self.when(event.at)
        if since is None or now < since:
            return False
        is_over = event.for_s is not None and now >= since + timedelta(seconds=event.for_s)
        return not is_over

    def _force(self, now: datetime) -> Force:
        v1, v2, traffic = self._scenario.v1, self._scenario.v2, self._scenario.traffic
        for event in self._events():
            if not self._is_on(event, now):
                continue
            v1 = v1.model_copy(update=_changes(event.v1))
            v2 = v2.model_copy(update=_changes(event.v2))
            if event.per_hour is not None:
                traffic = traffic.model_copy(update={"per_hour": event.per_hour, "night": None})
        return Force(v1, v2, traffic, self._routed)


def _changes(change: SideChange | None) -> dict[str, object]:
    if change is None:
        return {}
    return {name: value for name, value in change if value is not None}
