"""When the events of a scenario are: moments count from stages, and those begin as they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cutline.rehearsal.scenario import Event, Moment

START = "start"


class Timeline:
    """The events by time. `begin` tells it when a stage began; then moments of it have a time."""

    def __init__(self, events: Sequence[Event], start: datetime) -> None:
        self._events = tuple(events)
        self._began: dict[str, datetime] = {START: start}
        self._spans: list[tuple[datetime, datetime | None, int]] = []
        self._waiting: list[tuple[datetime, datetime | None, int]] = []
        self._on: tuple[Event, ...] = ()
        self._holds: tuple[datetime, datetime | None] | None = None
        self._happened: set[int] = set()
        self._place()

    def begin(self, stage: str, at: datetime) -> None:
        """Learn when a stage began; only its first time counts."""
        if stage not in self._began:
            self._began[stage] = at
            self._place()

    def has_begun(self, stage: str) -> bool:
        """Say whether it is known when a stage began."""
        return stage in self._began

    def when(self, moment: Moment) -> datetime | None:
        """Return the time of a moment; None while its stage has not begun."""
        began = self._began.get(moment.stage)
        return None if began is None else began + timedelta(seconds=moment.after_s)

    def on(self, at: datetime) -> tuple[Event, ...]:
        """Return the events that are in force at a time, in the order of the scenario."""
        held = self._holds
        if held is None or at < held[0] or (held[1] is not None and at >= held[1]):
            self._on, self._holds = self._found(at)
        return self._on

    def happening(self, at: datetime) -> list[tuple[int, Event]]:
        """Return the events whose time has come by now, with their numbers, each once."""
        found = []
        for since, _, number in self._waiting:
            if since <= at:
                self._happened.add(number)
                found.append((number, self._events[number]))
        if found:
            self._waiting = [one for one in self._waiting if one[2] not in self._happened]
        return found

    def _place(self) -> None:
        self._holds = None
        self._spans = []
        for number, event in enumerate(self._events):
            since = self.when(event.at)
            if since is not None:
                until = None if event.for_s is None else since + timedelta(seconds=event.for_s)
                self._spans.append((since, until, number))
        self._waiting = [one for one in self._spans if one[2] not in self._happened]

    def _found(self, at: datetime) -> tuple[tuple[Event, ...], tuple[datetime, datetime | None]]:
        on = tuple(
            self._events[number]
            for since, until, number in self._spans
            if since <= at and (until is None or at < until)
        )
        edges = [edge for since, until, _ in self._spans for edge in (since, until) if edge]
        before = max((edge for edge in edges if edge <= at), default=min([at, *edges]))
        after = min((edge for edge in edges if edge > at), default=None)
        return on, (before, after)
