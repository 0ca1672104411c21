"""The simulated work: items arrive, are routed by the switch, and end well, badly or never.

Time goes by in slices of a minute, each of which draws its items from the scenario's seed. An item
belongs to the span in which it ended, as in a table of finished work.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from cutline.rehearsal.scenario import Scenario, Side, Traffic
from cutline.run.reading import Value

SLICE_S = 60.0
V1, V2 = "v1", "v2"
_MEAN_THAT_UNDERFLOWS = 500.0


@dataclass(frozen=True, slots=True)
class Force:
    """What is in force now: both sides, the traffic, and what routing really does."""

    v1: Side
    v2: Side
    traffic: Traffic
    percent: int


@dataclass(slots=True)
class Ledger:
    """The items of one side; all times are seconds since the start.

    What has ended stands in the order in which it ended, with running totals, so what ended in a
    span is a difference of two places. What is open waits in a heap for its end.
    """

    arrived_s: list[float] = field(default_factory=list)
    open_: list[tuple[float, int, float, str, float]] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed_before: list[int] = field(default_factory=lambda: [0])
    slow_before: list[int] = field(default_factory=lambda: [0])
    long_s: list[float] = field(default_factory=list)  # arrival of what takes over `stuck_after`
    long_ended_s: list[float] = field(default_factory=list)

    def add(self, arrived_s: float, took_s: float, error: str, side: Side) -> None:
        """Take the next item; `took_s` is infinite for one that never ends."""
        if took_s > side.stuck_after_s:
            self.long_s.append(arrived_s)
        if took_s != math.inf:
            number = len(self.arrived_s)
            item = (arrived_s + took_s, number, took_s, error, side.slow_after_s)
            heappush(self.open_, item)
            if took_s > side.stuck_after_s:
                insort(self.long_ended_s, item[0])
        self.arrived_s.append(arrived_s)

    def end(self, until_s: float) -> None:
        """Let everything end whose time has come."""
        while self.open_ and self.open_[0][0] <= until_s:
            ended_s, _, took_s, error, slow_after_s = heappop(self.open_)
            self.ended_s.append(ended_s)
            self.seconds.append(round(took_s, 3))
            if error:
                self.errors.append(error)
            self.failed_before.append(len(self.errors))
            self.slow_before.append(self.slow_before[-1] + (took_s > slow_after_s))


class Work:
    """All items so far. `advance` draws what arrives; `metric` answers a span."""

    def __init__(self, scenario: Scenario) -> None:
        self._random = random.Random(scenario.seed)  # noqa: S311  # a play, no secret
        self._start = scenario.start
        self._zone = ZoneInfo(scenario.traffic.zone)
        self._sides = {V1: Ledger(), V2: Ledger()}
        self._local, self._local_s = scenario.start.astimezone(self._zone), 0.0
        self._done_s = 0.0
        self._force: Force | None = None

    def advance(self, now: datetime, force: Force) -> None:
        """Draw every item that arrives until `now`, under what was in force."""
        self._force = force
        until_s = (now - self._start).total_seconds()
        while self._done_s + SLICE_S <= until_s:
            self._slice(self._done_s, force)
            self._done_s += SLICE_S
        for ledger in self._sides.values():
            if ledger.open_ and ledger.open_[0][0] <= until_s:
                ledger.end(until_s)

    def _slice(self, at_s: float, force: Force) -> None:
        draw = self._random.random
        count = _poisson(draw, self._per_hour(at_s, force.traffic) * SLICE_S / 3600)
        for arrived_s in sorted([at_s + draw() * SLICE_S for _ in range(count)]):
            if draw() * 100 < force.percent:
                self._item(arrived_s, force.v2, self._sides[V2])
            else:
                self._item(arrived_s, force.v1, self._sides[V1])

    def _item(self, arrived_s: float, side: Side, ledger: Ledger) -> None:
        found = self._random.random() * 100
        took_s = side.median_s * math.exp(self._random.gauss(0, side.spread))
        error = ""
        if found < side.stuck_pct:
            took_s = math.inf
        elif found < side.stuck_pct + side.fails_pct:
            error = self._random.choice(side.errors or ("failed",))
        ledger.add(arrived_s, took_s, error, side)

    def _per_hour(self, at_s: float, traffic: Traffic) -> float:
        if traffic.night is None:
            return traffic.per_hour
        if at_s // 900 != self._local_s // 900:  # the clocks of a zone change on a quarter hour
            self._local_s = at_s
            self._local = (self._start + timedelta(seconds=at_s)).astimezone(self._zone)
        clock = (self._local + timedelta(seconds=at_s - self._local_s)).time()
        since, until = traffic.night.since, traffic.night.until
        is_night = since <= clock < until if since < until else clock >= since or clock < until
        return traffic.night.per_hour if is_night else traffic.per_hour

    def metric(self, name: str, side: str | None, since: datetime, until: datetime) -> Value:
        """Return a metric of `METRICS` over the span that begins with `since`.

        `side` None is v2, unless the metric counts both.
        """
        return self.span(side, since, until).metric(name)

    def span(self, side: str | None, since: datetime, until: datetime) -> Span:
        """Return one side over a span, to ask it for several metrics."""
        first_s = (since - self._start).total_seconds()
        last_s = (until - self._start).total_seconds()
        ledger = self._sides[side if side in self._sides else V2]
        force = self._force
        config = Side() if force is None else force.v1 if side == V1 else force.v2
        return Span(ledger, self._sides, config.stuck_after_s, first_s, last_s)


class Span:
    """One side over one span."""

    __slots__ = ("_first_s", "_high", "_last_s", "_ledger", "_low", "_sides", "_stuck_after_s")

    def __init__(
        self,
        ledger: Ledger,
        sides: dict[str, Ledger],
        stuck_after_s: float,
        first_s: float,
        last_s: float,
    ) -> None:
        self._ledger, self._sides, self._stuck_after_s = ledger, sides, stuck_after_s
        self._first_s, self._last_s = first_s, last_s
        self._low = bisect_left(ledger.ended_s, first_s)
        self._high = bisect_left(ledger.ended_s, last_s)

    def metric(self, name: str) -> Value:
        """Return a metric of the work; `$switch` is none of it."""
        return MEASURES[name](self)

    def total(self) -> int:
        """Count what ended."""
        return self._high - self._low

    def failed(self) -> int:
        """Count what ended badly."""
        before = self._ledger.failed_before
        return before[self._high] - before[self._low]

    def ok(self) -> int:
        """Count what ended well."""
        return self.total() - self.failed()

    def stuck(self) -> int:
        """Count what has been open for longer than `stuck_after` at the end of the span."""
        ledger = self._ledger
        long = bisect_left(ledger.long_s, self._last_s - self._stuck_after_s)
        return long - bisect_left(ledger.long_ended_s, self._last_s)

    def in_flight(self) -> int:
        """Count what had arrived by the end of the span and had not ended."""
        return bisect_left(self._ledger.arrived_s, self._last_s) - self._high

    def seconds(self) -> tuple[float, ...]:
        """Return how long each took that ended."""
        return tuple(self._ledger.seconds[self._low : self._high])

    def errors(self) -> tuple[str, ...]:
        """Return the texts of what ended badly."""
        before = self._ledger.failed_before
        return tuple(self._ledger.errors[before[self._low] : before[self._high]])

    def slow_pct(self) -> float:
        """Return the per cent that took longer than `slow_after`."""
        before, total = self._ledger.slow_before, self.total()
        return 100.0 * (before[self._high] - before[self._low]) / total if total else 0.0

    def per_hour(self) -> float:
        """Return how many arrived an hour."""
        arrived_s = self._ledger.arrived_s
        count = bisect_left(arrived_s, self._last_s) - bisect_left(arrived_s, self._first_s)
        return count * 3600 / max(self._last_s - self._first_s, 1.0)

    def routed(self, side: str) -> int:
        """Count what arrived and was routed to a side."""
        arrived_s = self._sides[side].arrived_s
        return bisect_left(arrived_s, self._last_s) - bisect_left(arrived_s, self._first_s)


# By name: how a span is asked for it.
MEASURES: dict[str, Callable[[Span], Value]] = {
    "$ok": Span.ok,
    "$total": Span.total,
    "$failed": Span.failed,
    "$stuck": Span.stuck,
    "$in_flight": Span.in_flight,
    "$seconds": Span.seconds,
    "$errors": Span.errors,
    "$slow_pct": Span.slow_pct,
    "$per_hour": Span.per_hour,
    "$to_v2": lambda span: span.routed(V2),
    "$to_v1": lambda span: span.routed(V1),
    "$arrived": lambda span: span.routed(V1) + span.routed(V2),
}


def _poisson(draw: Callable[[], float], mean: float) -> int:
    """Draw a Poisson count by Knuth's product; halves large means, where it would underflow."""
    if mean > _MEAN_THAT_UNDERFLOWS:
        return _poisson(draw, mean / 2) + _poisson(draw, mean / 2)
    limit, count, product = math.exp(-mean), 0, draw()
    while product > limit:
        count += 1
        product *= draw()
    return count
