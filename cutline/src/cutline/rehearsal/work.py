"""The simulated work: items arrive, are routed by the switch, and end well, badly or never.

Time goes by in slices of a minute. Each draws its items from the scenario's seed, and is kept as
running totals, so that any span is answered by a difference.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    """The items of one side, in the order of their arrival (s since the start).

    `seconds` is how long each took that ends, and `ends_before` how many of those stand before an
    item; the other totals likewise, so a span is a difference of two of their places.
    """

    arrived_s: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    ends_before: list[int] = field(default_factory=lambda: [0])
    errors: list[str] = field(default_factory=list)
    failed_before: list[int] = field(default_factory=lambda: [0])
    slow_before: list[int] = field(default_factory=lambda: [0])
    stuck_s: list[float] = field(default_factory=list)  # arrival of what never ends
    ended_s: list[float] = field(default_factory=list)  # sorted

    def add(self, arrived_s: float, took_s: float, error: str, slow_after_s: float) -> None:
        """Take the next item; `took_s` is infinite for one that never ends."""
        if took_s == math.inf:
            self.stuck_s.append(arrived_s)
        else:
            insort(self.ended_s, arrived_s + took_s)
            self.seconds.append(round(took_s, 3))
        if error:
            self.errors.append(error)
        self.arrived_s.append(arrived_s)
        self.ends_before.append(len(self.seconds))
        self.failed_before.append(len(self.errors))
        self.slow_before.append(self.slow_before[-1] + (slow_after_s < took_s < math.inf))


class Work:
    """All items so far. `advance` draws what arrives; `metric` answers a span."""

    def __init__(self, scenario: Scenario) -> None:
        self._random = random.Random(scenario.seed)  # noqa: S311  # a play, no secret
        self._start = scenario.start
        self._zone = ZoneInfo(scenario.traffic.zone)
        self._sides = {V1: Ledger(), V2: Ledger()}
        self._done_s = 0.0
        self._force: Force | None = None

    def advance(self, now: datetime, force: Force) -> None:
        """Draw every item that arrives until `now`, under what was in force."""
        self._force = force
        until_s = (now - self._start).total_seconds()
        while self._done_s + SLICE_S <= until_s:
            self._slice(self._done_s, force)
            self._done_s += SLICE_S

    def _slice(self, at_s: float, force: Force) -> None:
        draw = self._random.random
        expected = self._per_hour(at_s, force.traffic) * SLICE_S / 3600
        count = _poisson(draw, expected)
        for arrived_s in sorted([at_s + draw() * SLICE_S for _ in range(count)]):
            is_v2 = draw() * 100 < force.percent
            self._item(arrived_s, force.v2 if is_v2 else force.v1, self._sides[V2 if is_v2 else V1])

    def _item(self, arrived_s: float, side: Side, ledger: Ledger) -> None:
        found = self._random.random() * 100
        took_s = side.median_s * math.exp(self._random.gauss(0, side.spread))
        if found < side.stuck_pct:
            ledger.add(arrived_s, math.inf, "", side.slow_after_s)
        elif found < side.stuck_pct + side.fails_pct:
            error = self._random.choice(side.errors or ("failed",))
            ledger.add(arrived_s, took_s, error, side.slow_after_s)
        else:
            ledger.add(arrived_s, took_s, "", side.slow_after_s)

    def _per_hour(self, at_s: float, traffic: Traffic) -> float:
        if traffic.night is None:
            return traffic.per_hour
        clock = (self._start + timedelta(seconds=at_s)).astimezone(self._zone).time()
        since, until = traffic.night.since, traffic.night.until
        is_night = since <= clock < until if since < until else clock >= since or clock < until
        return traffic.night.per_hour if is_night else traffic.per_hour

    def metric(self, name: str, side: str | None, since: datetime, until: datetime) -> Value:
        """Return a metric of `scenario.METRICS` over the span that begins with `since`.

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
        self._low = bisect_left(ledger.arrived_s, first_s)
        self._high = bisect_left(ledger.arrived_s, last_s)

    def metric(self, name: str) -> Value:
        """Return a metric of the work; `$switch` is none of it."""
        return _METRICS[name](self)

    def total(self) -> int:
        """Count what arrived."""
        return self._high - self._low

    def failed(self) -> int:
        """Count what ended badly."""
        before = self._ledger.failed_before
        return before[self._high] - before[self._low]

    def never_end(self) -> int:
        """Count what arrived in the span and never ends."""
        before = self._ledger.ends_before
        return self.total() - (before[self._high] - before[self._low])

    def ok(self) -> int:
        """Count what arrived and ended well, or is about to."""
        return self.total() - self.failed() - self.never_end()

    def stuck(self) -> int:
        """Count what has not ended for longer than `stuck_after`, whenever it arrived."""
        return bisect_left(self._ledger.stuck_s, self._last_s - self._stuck_after_s)

    def in_flight(self) -> int:
        """Count what has arrived by the end of the span and has not ended by then."""
        return self._high - bisect_right(self._ledger.ended_s, self._last_s)

    def seconds(self) -> tuple[float, ...]:
        """Return how long each took that ended."""
        before = self._ledger.ends_before
        return tuple(self._ledger.seconds[before[self._low] : before[self._high]])

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
        return self.total() * 3600 / max(self._last_s - self._first_s, 1.0)

    def routed(self, side: str) -> int:
        """Count what arrived and was routed to a side."""
        arrived_s = self._sides[side].arrived_s
        return bisect_left(arrived_s, self._last_s) - bisect_left(arrived_s, self._first_s)


_METRICS: dict[str, Callable[[Span], Value]] = {
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
