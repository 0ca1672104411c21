"""The simulated work does what a scenario says, the same each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cutline.rehearsal.scenario import Scenario, Side, Traffic
from cutline.rehearsal.work import Force, Work

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def scenario(**more: object) -> Scenario:
    return Scenario.model_validate({"scenario": 1, "about": "x", "start": START, **more})


def played(hours: int, percent: int = 10, **more: object) -> Work:
    play = scenario(**more)
    work = Work(play)
    work.advance(START + hours * HOUR, Force(play.v1, play.v2, play.traffic, percent))
    return work


def test_the_same_seed_plays_the_same_items() -> None:
    """A scenario is a test: it has one result."""
    one, two = (played(5).metric("$seconds", "v1", START, START + 5 * HOUR) for _ in range(2))
    assert one == two
    assert one != played(5, seed=2).metric("$seconds", "v1", START, START + 5 * HOUR)


def test_the_share_of_v2_is_that_of_the_switch() -> None:
    """Within five sigma of 10 % of 6,000 items."""
    work = played(100)
    assert abs(work.metric("$to_v2", None, START, START + 100 * HOUR) - 600) < 5 * 23.3
    assert abs(work.metric("$arrived", None, START, START + 100 * HOUR) - 6000) < 5 * 78


def test_a_span_is_the_difference_of_its_ends() -> None:
    """Two neighbouring spans hold together what the whole holds."""
    work = played(10)
    spans = [(START, START + 3 * HOUR), (START + 3 * HOUR, START + 10 * HOUR)]
    parts = [work.metric("$total", "v1", *span) for span in spans]
    assert sum(parts) == work.metric("$total", "v1", START, START + 10 * HOUR) > 0


def test_failures_are_of_the_side_that_fails() -> None:
    """Half of v2's items fail, none of v1's."""
    work = played(100, percent=50, v1={"fails_pct": 0}, v2={"fails_pct": 50, "errors": ["boom"]})
    whole = (START, START + 100 * HOUR)
    total, failed = (work.metric(name, "v2", *whole) for name in ("$total", "$failed"))
    assert 0.45 < failed / total < 0.55
    assert work.metric("$failed", "v1", *whole) == 0
    assert set(work.metric("$errors", "v2", *whole)) == {"boom"}


def test_what_gets_stuck_counts_as_stuck_after_its_time_and_never_ends() -> None:
    """It is in flight from the start, stuck two hours later, and in no rate."""
    work = played(3, percent=100, v2={"stuck_pct": 100, "stuck_after": "2h"})
    whole = (START, START + 3 * HOUR)
    arrived = work.metric("$to_v2", "v2", *whole)
    assert work.metric("$in_flight", "v2", *whole) == arrived > 0
    assert 0 < work.metric("$stuck", "v2", *whole) < arrived
    assert work.metric("$total", "v2", *whole) == 0


def test_what_takes_long_is_stuck_until_it_ends() -> None:
    """Open for longer than `stuck_after`, however it ends."""
    work = played(9, percent=100, v2={"median": "4h", "spread": 0.0, "stuck_after": "1h"})
    early, late = START + HOUR, START + 9 * HOUR
    assert work.metric("$stuck", "v2", START, early) == 0
    older, ended = (work.metric("$to_v2", "v2", START, START + hours * HOUR) for hours in (8, 5))
    assert work.metric("$stuck", "v2", START, late) == older - ended > 0


@pytest.mark.parametrize(("hour", "is_night"), [(15, True), (2, False)])
def test_nights_have_less_traffic(hour: int, *, is_night: bool) -> None:
    """A night may pass midnight."""
    night = {"from": "22:00", "to": "06:00", "per_hour": 0}
    work = played(24, percent=0, traffic={"per_hour": 600, "night": night})
    since = START + hour * HOUR
    count = work.metric("$arrived", "v1", since, since + HOUR)
    assert (count == 0) is is_night


def test_a_change_of_force_holds_from_then_on() -> None:
    """What was drawn before does not change."""
    play = scenario(v2={"fails_pct": 0})
    work = Work(play)
    work.advance(START + 10 * HOUR, Force(play.v1, play.v2, play.traffic, 100))
    failing = Side(fails_pct=100)
    work.advance(START + 20 * HOUR, Force(play.v1, failing, Traffic(per_hour=60), 100))
    assert work.metric("$failed", "v2", START, START + 10 * HOUR) == 0
    late = (START + 11 * HOUR, START + 20 * HOUR)
    assert work.metric("$failed", "v2", *late) == work.metric("$total", "v2", *late) > 0
