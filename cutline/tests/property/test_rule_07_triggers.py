"""Rule 7: triggers are watched at every tick of every stage."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import TRIGGERS, Case, cases, mood_at, often, plan_of, played

from cutline.run.transitions import Phase

STAGE = {"name": "only", "percent": 50, "bake": {"for": "9h"}, "gates": []}
STUCK, FAILING = TRIGGERS[0], TRIGGERS[3]


def baking(*triggers: object, **more: object) -> Cutover:
    cutover = Cutover(plan_of([STAGE], triggers, **more))
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    cutover.until(lambda state: state.phase is Phase.BAKING)
    return cutover


def says(cutover: Cutover, **values: int) -> None:
    full = {"ok": 990, "total": 1000, "stuck": 0} | values
    cutover.world.answers["imports"] = lambda _: full


@often(15)
@given(cases(deaths=False))
def test_a_symptom_fires_in_the_tick_that_sees_it(case: Case) -> None:
    """Whatever the run is at, paused or waiting: `stuck > 10` fires at once."""
    wants = any(trigger == STUCK for trigger in case.plan["triggers"])
    done = played(case)
    for now, state in done.ticks:
        if wants and mood_at(case, now) == "stuck" and state.rollback is None and not state.is_over:
            assert state.override("trigger", "imports.stuck > 10") is not None


@often(20)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_flapping_cannot_hide(spells: list[tuple[int, int]]) -> None:
    """`after` sums the time that the symptom lasted: it fires when the sum is reached."""
    cutover = baking(TRIGGERS[2])
    present = 0
    for ill, well in spells:
        for is_ill, length in ((True, ill), (False, well)):
            for _ in range(length):
                says(cutover, stuck=11 if is_ill else 0)
                cutover.tick()
                if is_ill and present >= 20:
                    assert cutover.state.rollback is not None
                if present < 19:
                    assert cutover.state.rollback is None
                present += is_ill


@often(20)
@given(ok=st.integers(0, 3), extra=st.integers(0, 1))
def test_thin_does_not_fire(ok: int, extra: int) -> None:
    """Too few items to be sure say nothing, and a few more bad ones do."""
    cutover = baking({**FAILING, "needs": 10})
    says(cutover, ok=ok, total=ok + extra)
    cutover.tick(3)
    assert cutover.state.rollback is None
    says(cutover, ok=0, total=10)
    cutover.tick()
    assert cutover.state.rollback is not None


@often(12)
@given(st.sampled_from(("pause", "rollback", "notify")), st.integers(5, 30))
def test_blind_with_traffic_does_on_blind(on_blind: str, after: int) -> None:
    """Blind for `blind_after`, and not a tick sooner, does what the plan says."""
    watch = {"every": "1m", "blind_after": f"{after}m", "on_blind": on_blind}
    cutover = baking(STUCK, watch=watch)
    cutover.world.answers["imports"] = lambda _: None
    cutover.tick(after)
    assert not cutover.of("trigger_fired")
    cutover.tick()
    assert [one["do"] for one in cutover.of("trigger_fired")] == [on_blind]
    assert (cutover.state.rollback is not None) == (on_blind == "rollback")
    assert bool(cutover.state.pauses) == (on_blind == "pause")


def test_blind_without_traffic_waits() -> None:
    """Where v2 has no traffic there is nothing to lose."""
    cutover = Cutover(plan_of([{"name": "wait", "approve": {"by": "sre"}}], [STUCK]))
    cutover.tick(60)
    assert not cutover.of("trigger_fired")


def test_the_most_severe_wins() -> None:
    """Of several symptoms in one tick the most severe is acted on first and names the cause."""
    cutover = baking(TRIGGERS[1] | {"for": "0"}, STUCK)
    says(cutover, stuck=11)
    cutover.tick()
    assert cutover.of("trigger_fired")[0]["severity"] == "critical"
    assert cutover.state.rollback is not None
    assert cutover.state.rollback.trigger == "imports.stuck > 10"


@often(10)
@given(st.integers(1, 50))
def test_a_spell_shorter_than_for_does_not_fire(minutes: int) -> None:
    """`for: 6m` fires when the symptom has stayed for six minutes."""
    cutover = baking(TRIGGERS[1])
    says(cutover, stuck=11)
    cutover.tick(minutes)
    assert bool(cutover.of("trigger_fired")) == (minutes > 6)


def test_a_report_asks_and_rolls_back_without_an_answer() -> None:
    """A complaint opens a checkpoint; an hour without an answer does its `else`."""
    cutover = baking(TRIGGERS[4])
    cutover.say("report", what="complaint")
    cutover.tick(30)
    assert [point.name for point in cutover.state.asks] == ["report complaint"]
    cutover.tick(32)
    assert cutover.state.rollback is not None


def test_an_answered_report_is_over() -> None:
    """Who looked and says that it is harmless ends the question."""
    cutover = baking(TRIGGERS[4])
    cutover.say("report", what="complaint")
    cutover.tick(2)
    cutover.say("approve", by="bea", checkpoint="report complaint")
    cutover.tick(120)
    assert cutover.state.rollback is None
    assert cutover.state.open_triggers == ()
    assert datetime.fromisoformat(cutover.journal.entries()[-1].at) > cutover.state.origin.at
