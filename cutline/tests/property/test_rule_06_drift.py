"""Rule 6: the switch is read back at every tick."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import Case, cases, often, plan_of, played

from cutline.run.transitions import Phase

STAGE = {"name": "only", "percent": 50, "bake": {"for": "3h"}, "gates": []}


def baking() -> Cutover:
    cutover = Cutover(plan_of([STAGE]))
    cutover.until(lambda state: state.phase is Phase.BAKING)
    return cutover


@often(20)
@given(percent=st.integers(0, 49), ticks=st.integers(1, 200))
def test_a_pulled_cord_stays_pulled_until_a_person_resumes(percent: int, ticks: int) -> None:
    """Lower than the run put it is never raised by the run, however long it waits."""
    cutover = baking()
    cutover.world.percent = percent
    cutover.tick(ticks)
    assert cutover.world.percent == percent
    assert cutover.world.sets == [50]
    assert "drift" in cutover.state.pauses
    cutover.say("resume", reason="drift")
    cutover.tick(2)
    assert cutover.world.percent == 50
    assert cutover.state.bake.total_s == 0


@often(20)
@given(percent=st.integers(51, 100))
def test_a_raise_by_hand_is_set_back_in_the_same_tick(percent: int) -> None:
    """Higher than the run put it is set back, journaled, and people are told."""
    cutover = baking()
    cutover.world.percent = percent
    cutover.say("pause")
    cutover.tick()
    assert cutover.world.percent == 50
    assert cutover.of("drifted") == [{"set": 50, "seen": percent}]
    assert "drift" in [notice.event for notice in cutover.world.told]


@often(10)
@given(cases())
def test_every_tick_reads_the_switch(case: Case) -> None:
    """Each tick says where the switch stood, and no drift goes without an entry."""
    done = played(case)
    ticks = [entry for entry in done.entries if entry.kind == "tick" and not entry.data["is_late"]]
    assert len(ticks) + done.kills >= len(done.ticks)
    for before, entry, _ in done.steps():
        if entry.kind == "switch_setting" and before.traffic.percent is not None:
            rises = entry.data["percent"] > before.traffic.percent
            assert not (rises and before.traffic.drift == "lower")


def test_a_switch_that_lies_is_found_and_said() -> None:
    """Set and read back otherwise is not set: the run neither bakes nor claims the percent."""
    cutover = Cutover(plan_of([STAGE]))
    cutover.world.lies = True
    cutover.tick(30)
    assert cutover.state.phase is Phase.RAISING
    assert cutover.state.traffic.percent == 0
    assert "switch" in cutover.state.pauses
    assert "reads 0 %" in cutover.state.pauses["switch"].why
