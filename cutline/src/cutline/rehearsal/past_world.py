"""The world of a backtest: real probes, asked about the past; nothing is set and nothing done."""

from __future__ import annotations

from collections.abc import Sequence

from cutline.plan.model import Plan
from cutline.run.asker import Asker
from cutline.run.reading import Question, Reading
from cutline.run.world import Call, Notice, Outcome, SwitchSeen, SwitchSet

_Key = tuple[str, str | None]


class PastWorld:
    """Implements `cutline.run.world.World` over the past.

    A question that was answered before is not asked again: bakes that begin at the same instant
    ask the same. With `side` a probe is asked for that side where a plan means its first: before
    v2 has any traffic, v1 shows what the gates would have said.
    """

    def __init__(self, plan: Plan, asker: Asker, side: str | None = None) -> None:
        self.asked: dict[_Key, int] = {}
        self.blind: dict[_Key, int] = {}
        self.why: dict[_Key, str] = {}
        self._plan = plan
        self._asker = asker
        self._side = side
        self._known: dict[Question, Reading] = {}

    def ask(self, questions: Sequence[Question]) -> Sequence[Reading]:
        """Ask what was not asked before; each answer belongs to the question as it was put."""
        put = [self._put(question) for question in questions]
        new = [one for one in dict.fromkeys(put) if one not in self._known]
        for question, reading in zip(new, self._asker.ask(new) if new else (), strict=True):
            self._count(question, reading)
            # No offset: where a log was read to in the past is not where a run goes on.
            self._known[question] = reading._replace(offset=None)
        found = [self._known[one] for one in put]
        return [
            reading._replace(question=question)
            for question, reading in zip(questions, found, strict=True)
        ]

    def read_switch(self) -> SwitchSeen:
        """Say that it stands at 0."""
        return SwitchSeen(0)

    def set_switch(self, percent: int) -> SwitchSet:
        """Refuse: a backtest moves nothing."""
        return SwitchSet(is_set=False, is_applied=False, why=f"a backtest sets no {percent} %")

    def start(self, call: Call) -> None:
        """Do nothing."""

    def outcome(self, call: Call) -> Outcome | None:
        """Say that there are no steps in a backtest."""
        del call
        return Outcome(1, "a backtest runs no step")

    def is_running(self, call: Call) -> bool:
        """Say that nothing runs."""
        del call
        return False

    def tell(self, notice: Notice) -> str:
        """Tell nobody."""
        del notice
        return ""

    def _put(self, question: Question) -> Question:
        sides = self._plan.probes[question.probe].sides
        side = question.side
        if self._side in sides and side == sides[0]:
            side = self._side
        return Question(question.probe, side, question.since, question.until, is_late=True)

    def _count(self, question: Question, reading: Reading) -> None:
        key = (question.probe, question.side)
        self.asked[key] = self.asked.get(key, 0) + 1
        if reading.values is None:
            self.blind[key] = self.blind.get(key, 0) + 1
            self.why[key] = reading.why
