"""The people of a play: they answer checkpoints, report, and give commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cutline.plan.duration import seconds
from cutline.plan.model import Plan
from cutline.rehearsal.play_clock import PlayClock
from cutline.rehearsal.scenario import Answer, Event, Scenario
from cutline.run.checkpoint import Checkpoint
from cutline.run.message import Message
from cutline.run.ports import Identified
from cutline.run.state import State

ANY = "*"


class People:
    """What lies in the inbox of a play. `look` lets them see the state; calling it empties it."""

    def __init__(self, scenario: Scenario, clock: PlayClock) -> None:
        self._scenario = scenario
        self._clock = clock
        self._answered: set[tuple[str, str, datetime, str]] = set()
        self._written: list[Message] = []
        self._count = 0

    def __call__(self) -> Sequence[Message]:
        """Return the messages that nobody took yet."""
        if not self._written:
            return ()
        found, self._written = self._written, []
        return found

    def say(self, event: Event) -> None:
        """Write what an event says: a report, or a command."""
        if event.report is not None:
            self._write("report", event.by, {"what": event.report, **event.data})
        if event.command is not None:
            self._write(event.command, event.by, self._data(event.data))

    def look(self, state: State) -> None:
        """Answer every checkpoint for which somebody's time has come."""
        for point in state.checkpoints.values():
            if not point.is_open:
                continue
            answer = self._of(point.name)
            if answer is None or self._clock.now() < self._ripe(point, answer):
                continue
            by = (answer.by,) if isinstance(answer.by, str) else answer.by
            for person in by:
                # An approval that lapsed has to be given once more.
                given = {one.by for one in point.approvals}
                since = max((one.at for one in point.approvals), default=point.opened_at)
                key = (point.name, point.brief, since, person)
                if person not in given and key not in self._answered:
                    self._answered.add(key)
                    self._write(answer.do, person, _answer(point, answer))

    def _of(self, checkpoint: str) -> Answer | None:
        people = self._scenario.people
        named = (one for one in people if one.checkpoint == checkpoint)
        return next(named, next((one for one in people if one.checkpoint == ANY), None))

    @staticmethod
    def _ripe(point: Checkpoint, answer: Answer) -> datetime:
        return point.opened_at + timedelta(seconds=answer.after_s)

    def _write(self, verb: str, by: str, data: dict[str, Any]) -> None:
        self._count += 1
        message = Message(f"play-{self._count}", verb, by, self._clock.now(), data)
        self._written.append(message)

    def _data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the words of a command: durations as the commands of a run take them."""
        found = dict(data)
        if isinstance(by := found.pop("for", None), str | int | float):
            found["by_s"] = float(str(seconds(by)))
        until = found.get("until")
        if isinstance(until, str) and until[:1].isdigit() and "T" not in until:
            end = self._clock.now() + timedelta(seconds=float(str(seconds(until))))
            found["until"] = end.isoformat()
        return found


def _answer(point: Checkpoint, answer: Answer) -> dict[str, Any]:
    return {
        "checkpoint": point.name,
        "brief": point.brief,
        "value": answer.value,
        "note": answer.note,
    }


def signed(plan: Plan, message: Message, brief: bytes) -> Identified:
    """Take whoever has a key in the plan as having signed: a play has no private keys."""
    del brief
    person = plan.people.get(message.by)
    return Identified("ssh" if person is not None and person.ssh else "claimed")
