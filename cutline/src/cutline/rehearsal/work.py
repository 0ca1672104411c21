"""The simulated work: items arrive, are routed by the switch, and end well, badly or never.

Time goes by in slices of a minute. Each draws its items from the scenario's seed, and is kept as
running totals, so that any span is answered by a difference.
"""

from __future__ import annotations

import bisect
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cutline.rehearsal.scenario import Scenario, Side, Traffic

SLICE_S = 60.0
V1, V2 = "v1", "v2"


@dataclass(frozen=True, slots=True)
class Force:
    """What is in force now: both sides, the traffic, and what routing really does."""

    v1: Side
    v2: Side
    traffic: Traffic
    percent: int


@dataclass(slots=True)
class _Ledger:
    """The items of one side: when each arrived (s), how long it took (s, None: never ends)."""

    arrived_s: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # empty where it ended well
    failed_before: list[int] = field(default_factory=lambda: [0])
    slow_before: list[int] = field(default_factory=lambda: [0])
    stuck_s: list[float] = field(default_factory=list)  # arrival of what never ends
    ended_s: list[float] = field(default_factory=list)  # sorted

    def add(self, arrived_s: float, took_s: float, error: str, side: Side) -> None:
        if math.isinf(took_s):
            self.stuck_s.append(arrived_s)
        else:
            bisect.insort(self.ended_s, arrived_s + took_s)
        self.arrived_s.append(arrived_s)
        self.took_s.append(took_s)
        self.errors.append(error)
        self.failed_before.append(self.failed_before[-1] + bool(error))
        is_slow = side.slow_after_s < took_s < math.inf
        self.slow_before.append(self.slow_before[-1] + is_slow)


class Work:
    """All items so far. `advance` draws what arrives; `metric` answers a span."""

    def __init__(self, scenario: Scenario) -> None:
        self._random = random.Random(scenario.seed)  # noqa: S311  # a play, no secret
        self._start = scenario.start
        self._zone = ZoneInfo(scenario.traffic.zone)
        self._sides = {V1: _Ledger(), V2: _Ledger()}
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
        expected = self._per_hour(at_s, force.traffic) * SLICE_S / 3600
        count = _poisson(self._random, expected)
        for arrived_s in sorted(at_s + self._random.random() * SLICE_S for _ in range(count)):
            is_v2 = self._random.random() * 100 < force.percent
            side = force.v2 if is_v2 else force.v1
            draw = self._random.random() * 100
            took_s = side.median_s * math.exp(self._random.gauss(0, side.spread))
            if draw < side.stuck_pct:
                took_s = math.inf
            error = ""
            if side.stuck_pct <= draw < side.stuck_pct + side.fails_pct:
                error = self._random.choice(side.errors)
            self._sides[V2 if is_v2 else V1].add(arrived_s, took_s, error, side)

    def _per_hour(self, at_s: float, traffic: Traffic) -> float:
        if traffic.night is None:
            return traffic.per_hour
        clock = (self._start + timedelta(seconds=at_s)).astimezone(self._zone).time()
        since, until = traffic.night.since, traffic.night.until
        is_night = since <= clock < until if since < until else clock >= since or clock < until
        return traffic.night.per_hour if is_night else traffic.per_hour

    def metric(self, name: str, side: str | None, since: datetime, until: datetime) -> object:
        """Return a metric of `scenario.METRICS` over the span that begins with `since`.

        `side` None is both sides together where that means something, else v2.
        """
        first_s = (since - self._start).total_seconds()
        last_s = (until - self._start).total_seconds()
        if name in {"$to_v2", "$arrived"}:
            counts = {key: _count(one.arrived_s, first_s, last_s) for key, one in self._ledgers()}
            return counts[V2] if name == "$to_v2" else counts[V1] + counts[V2]
        if name == "$switch":
            return self._force.percent if self._force else 0
        ledger = self._sides[side if side in self._sides else V2]
        force = self._force.v2 if self._force else Side()
        return _Asked(ledger, force, first_s, last_s).metric(name)

    def _ledgers(self) -> list[tuple[str, _Ledger]]:
        return list(self._sides.items())


@dataclass(frozen=True, slots=True)
class _Asked:
    """One side over one span."""

    ledger: _Ledger
    side: Side
    first_s: float
    last_s: float

    def metric(self, name: str) -> object:
        low = bisect.bisect_left(self.ledger.arrived_s, self.first_s)
        high = bisect.bisect_left(self.ledger.arrived_s, self.last_s)
        failed = self.ledger.failed_before[high] - self.ledger.failed_before[low]
        stuck = _count(self.ledger.stuck_s, self.first_s, self.last_s)
        late_s = self.last_s - self.side.stuck_after_s
        simple: Mapping[str, object] = {
            "$total": high - low,
            "$ok": high - low - failed - stuck,
            "$failed": failed,
            "$stuck": _count(self.ledger.stuck_s, 0.0, late_s),
            "$per_hour": (high - low) * 3600 / max(self.last_s - self.first_s, 1.0),
        }
        if name in simple:
            return simple[name]
        if name == "$slow_pct":
            slow = self.ledger.slow_before[high] - self.ledger.slow_before[low]
            return 100.0 * slow / (high - low) if high > low else 0.0
        if name == "$seconds":
            return tuple(round(one, 3) for one in self.ledger.took_s[low:high] if one < math.inf)
        if name == "$errors":
            return tuple(one for one in self.ledger.errors[low:high] if one)
        # $in_flight: what has arrived by then and has not ended by then.
        return high - bisect.bisect_right(self.ledger.ended_s, self.last_s)


def _count(sorted_s: list[float], first_s: float, last_s: float) -> int:
    return bisect.bisect_left(sorted_s, last_s) - bisect.bisect_left(sorted_s, first_s)


def _poisson(source: random.Random, mean: float) -> int:
    """Draw a Poisson count by Knuth's product; halves large means, where it would underflow."""
    if mean > 30:  # noqa: PLR2004  # exp(-30) is far from underflow, and cheap
        return _poisson(source, mean / 2) + _poisson(source, mean / 2)
    limit, count, product = math.exp(-mean), 0, source.random()
    while product > limit:
        count += 1
        product *= source.random()
    return count
