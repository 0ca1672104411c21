"""Rule 5: when traffic rises, and when it never does."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import T0, Cutover
from tests_support.cutover_worlds import Case, cases, often, plan_of, played

from cutline.gates.verdict import Verdict
from cutline.plan.hours import is_open
from cutline.run.scope import scope_of


@often(20)
@given(cases())
def test_traffic_rises_only_when_everything_allows_it(case: Case) -> None:
    """No rise in a pause, in drift, with an open trigger, twice a tick, or on a bad verdict."""
    rises = 0
    for before, entry, _ in played(case).steps():
        if entry.kind == "tick":
            rises = 0
        if entry.kind != "switch_setting":
            continue
        was = before.traffic.percent
        if was is None or entry.data["percent"] <= was:
            continue
        rises += 1
        assert rises == 1
        assert not before.pauses
        assert not before.traffic.drift
        assert not before.open_triggers
        assert before.rollback is None
        for gate in scope_of(before).standing:
            seen = before.gates[gate.name]
            assert seen.verdict is Verdict.PASS or seen.is_waived
            assert seen.at == before.ticked_at


@often(15)
@given(hour=st.integers(0, 23), day=st.integers(2, 8))
def test_traffic_rises_within_hours(hour: int, day: int) -> None:
    """Outside the plan's hours a raise waits for them; a rollback does not."""
    stage = {"name": "only", "percent": 10, "bake": {"for": "1h"}, "gates": []}
    plan = plan_of([stage], hours={"raise": "Mon-Thu 09:00-16:00", "zone": "Europe/Berlin"})
    cutover = Cutover(plan, T0.replace(day=day, hour=hour))
    inside = is_open(cutover.plan.hours, cutover.clock.now())
    cutover.tick(3)
    assert cutover.world.sets == ([10] if inside else [])
    cutover.until(lambda _: bool(cutover.world.sets), 6000)
    risen = next(entry for entry in cutover.journal.entries() if entry.kind == "switch_setting")
    assert is_open(cutover.plan.hours, datetime.fromisoformat(risen.at))
    cutover.clock.sleep(12 * 3600)
    cutover.say("rollback")
    cutover.tick()
    assert cutover.world.percent == 0
