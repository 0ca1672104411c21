"""Rule 14: what a failed BLOCKER does, and what a deadline does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import Case, cases, often, plan_of, played

from cutline.run.transitions import Phase


def baking(on_fail: str, **bake: str) -> Cutover:
    stage = {
        "name": "only",
        "percent": 10,
        "bake": {"for": "2h", **bake},
        "gates": ["success", "patient", "warned"],
        "on_fail": on_fail,
    }
    cutover = Cutover(plan_of([stage]))
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    cutover.until(lambda state: state.phase is Phase.BAKING)
    return cutover


@often(15)
@given(
    on_fail=st.sampled_from(("hold", "extend", "rollback")),
    before=st.integers(6, 90),
    lasts=st.integers(6, 40),
)
def test_a_failed_blocker_holds_extends_or_rolls_back(
    on_fail: str, before: int, lasts: int
) -> None:
    """The clock is at zero in each; `extend` adds time once, `rollback` rolls back."""
    cutover = baking(on_fail)
    cutover.tick(before)
    cutover.world.answers["imports"] = lambda _: {"ok": 500, "total": 1000, "stuck": 0}
    cutover.tick(lasts)
    if on_fail == "rollback":
        assert cutover.state.rollback is not None
        assert cutover.world.percent == 0
        return
    assert cutover.world.percent == 10
    assert cutover.state.bake.total_s == 0
    assert cutover.state.extra_s == (21600 if on_fail == "extend" else 0)
    assert [notice.event for notice in cutover.world.told].count("blocked") == 1


@often(15)
@given(minutes=st.integers(1, 40))
def test_a_fail_within_tolerate_only_stops_the_clock(minutes: int) -> None:
    """Ten minutes are tolerated: the clock stops and keeps what it has; beyond it is zero."""
    cutover = baking("hold")
    cutover.tick(31)
    had_s = cutover.state.bake.total_s
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 1}
    cutover.tick(minutes)
    zeroed = [one for one in cutover.of("judged") if one["clock"]["is_reset"]]
    if minutes <= 10:
        assert cutover.state.bake.total_s in {had_s, had_s + 300}
    if zeroed:
        assert minutes > 10
        assert cutover.state.bake.total_s == 0
    if minutes >= 20:
        assert zeroed


@often(12)
@given(hours=st.integers(1, 6))
def test_a_stage_past_its_deadline_asks_a_person(hours: int) -> None:
    """It counts from the raise; resumed, the stage is not asked about again."""
    cutover = baking("hold", deadline=f"{hours}h")
    cutover.world.answers["imports"] = lambda _: {"ok": 500, "total": 1000, "stuck": 0}
    cutover.tick(60 * hours - 5)
    assert "deadline" not in cutover.state.pauses
    cutover.tick(10)
    assert "deadline" in cutover.state.pauses
    cutover.say("resume", reason="deadline")
    cutover.tick(30)
    assert not cutover.state.pauses


@often(10)
@given(cases())
def test_a_warning_never_holds_anything(case: Case) -> None:
    """Runs of a plan and of the same plan without its warnings go the same way."""
    without = [
        {**stage, "gates": [name for name in stage["gates"] if name != "warned"]}
        for stage in case.plan["stages"]
    ]
    # Deaths are counted in entries, and an approval's brief names warnings: both differ.
    calm = {"deaths": {}, "absences": {}}
    one = played(Case(**{**vars(case), **calm}))
    other = played(Case(**{**vars(case), **calm, "plan": {**case.plan, "stages": without}}))
    assert one.cutover.state.outcome == other.cutover.state.outcome
    assert one.cutover.world.sets == other.cutover.world.sets
