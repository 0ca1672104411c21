"""A cutover in memory: a world whose switch, probes and steps a test turns by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cutline.errors import CannotMeasure
from cutline.evidence.journal import MemoryJournal
from cutline.plan.model import Plan
from cutline.run.clock import VirtualClock
from cutline.run.driver import Driver
from cutline.run.message import Message
from cutline.run.open import Beginning, resume, start
from cutline.run.reading import Question, Reading
from cutline.run.state import State
from cutline.run.world import Call, Notice, Outcome, SwitchSeen, SwitchSet

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Answer = Callable[[Question], Mapping[str, Any] | None]


class MemoryBlobs:
    """Files of a run, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, content: bytes, name_hint: str) -> str:
        """Keep a file."""
        del name_hint
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return digest

    def open(self, digest: str) -> bytes:
        """Return a file."""
        if digest not in self.kept:
            raise CannotMeasure("a file of the run is not there", where=digest)
        return self.kept[digest]


@dataclass
class HandWorld:
    """Answers by `answers[probe](question)`; steps end by `exits[step]`, 0 if not named."""

    clock: VirtualClock
    percent: int | None = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    ages: dict[str, float] = field(default_factory=dict)  # how old a probe's data is, in s
    exits: dict[str, int] = field(default_factory=dict)
    runs_on: set[str] = field(default_factory=set)  # steps that do not end by themselves
    deaf: bool = False  # the switch can be set and not be read
    lies: bool = False  # the switch says that it was set and was not
    is_applied: bool = True
    sets: list[int] = field(default_factory=list)
    started: list[Call] = field(default_factory=list)
    dead: set[Call] = field(default_factory=set)
    told: list[Notice] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)

    def read_switch(self) -> SwitchSeen:
        """Say where the switch stands."""
        percent = None if self.deaf else self.percent
        why = "" if percent is not None else "the switch does not answer"
        return SwitchSeen(percent, why, self.is_applied)

    def set_switch(self, percent: int) -> SwitchSet:
        """Set it, or say so."""
        self.sets.append(percent)
        if not self.lies:
            self.percent = percent
        return SwitchSet(is_set=True, is_applied=self.is_applied)

    def ask(self, questions: Sequence[Question]) -> Sequence[Reading]:
        """Answer all."""
        self.asked += questions
        return [self._answer(one) for one in questions]

    def _answer(self, question: Question) -> Reading:
        answer = self.answers.get(question.probe)
        values = answer(question) if answer is not None else None
        why = "" if values is not None else f"{question.probe} does not answer"
        age = timedelta(seconds=self.ages.get(question.probe, 0.0))
        return Reading(question, question.until - age, values, why)

    def start(self, call: Call) -> None:
        """Begin a step."""
        if call not in self.started:
            self.started.append(call)

    def outcome(self, call: Call) -> Outcome | None:
        """Say how a step ended."""
        if call not in self.started or call.step in self.runs_on or call in self.dead:
            return None
        return Outcome(self.exits.get(call.step, 0))

    def is_running(self, call: Call) -> bool:
        """Say whether a step is alive."""
        return call in self.started and call.step in self.runs_on and call not in self.dead

    def tell(self, notice: Notice) -> str:
        """Hear what people are told."""
        self.told.append(notice)
        return ""


class Cutover:
    """One run over a world in memory; `state` is always the fold of its journal."""

    def __init__(self, plan: Mapping[str, Any] | Plan, at: datetime = T0, **given: Any) -> None:
        self.plan = plan if isinstance(plan, Plan) else Plan.model_validate(plan)
        self.clock = VirtualClock(at)
        self.world = HandWorld(self.clock)
        self.journal = given.pop("journal", None) or MemoryJournal()
        self.blobs = MemoryBlobs()
        self.inbox: list[Message] = []
        self.options: dict[str, Any] = {}
        beginning = Beginning("test/1", self.plan, "d" * 64, given.pop("by", "ana"), **given)
        self.state: State = start(self.journal, beginning, at)
        self.driver = self.new_driver()

    def new_driver(self) -> Driver:
        """Return a driver that knows nothing but the journal, as after a restart."""
        self.driver = Driver(
            self.world, self.journal, self.clock, lambda: self.inbox, self.blobs, **self.options
        )
        return self.driver

    def tick(self, count: int = 1, every_s: float | None = None) -> State:
        """Tick some times, each `every_s` after the one before."""
        for _ in range(count):
            self.state = self.driver.tick(self.state)
            self.clock.sleep(self.plan.watch.every_s if every_s is None else every_s)
        return self.state

    def until(self, wanted: Callable[[State], bool], most: int = 20_000) -> State:
        """Tick until something is so; fails if it never is."""
        for _ in range(most):
            if wanted(self.state):
                return self.state
            self.tick()
        raise AssertionError(f"still {self.state.phase} in {self.state.stage_name} {self.state}")

    def restart(self) -> State:
        """Forget everything but the journal and the world."""
        self.state = resume(self.journal)
        self.new_driver()
        return self.state

    def say(self, verb: str, by: str = "ana", **data: Any) -> Message:
        """Lay a message into the inbox."""
        message = Message(f"m{len(self.inbox)}", verb, by, self.clock.now(), data)
        self.inbox.append(message)
        return message

    def kinds(self) -> list[str]:
        """Return the kinds of all entries."""
        return [entry.kind for entry in self.journal.entries()]

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the data of all entries of a kind."""
        return [entry.data for entry in self.journal.entries() if entry.kind == kind]
