"""Rule 3: thin traffic does not stop the clock between marks; at a mark the clock stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import Case, cases, often, plan_of, played

from cutline.run.transitions import Phase

STAGE = {
    "name": "only",
    "percent": 10,
    "bake": {"for": "2h", "every": "5m", "marks": ["1h"], "max_hold": "0"},
    "gates": ["success"],
}


@often(20)
@given(per_hour=st.integers(1, 200), needs=st.integers(1, 100))
def test_the_clock_stands_at_a_mark_until_there_is_enough(per_hour: int, needs: int) -> None:
    """A mark is taken once `needs` came since the last one, however long that takes."""
    plan = plan_of([STAGE])
    plan["gates"] = {**plan["gates"], "success": {**plan["gates"]["success"], "needs": needs}}
    cutover = Cutover(plan)

    def imports(question: object) -> dict[str, int]:
        spanned_h = (question.until - question.since).total_seconds() / 3600
        count = int(per_hour * spanned_h)
        return {"ok": count, "total": count, "stuck": 0}

    cutover.world.answers["imports"] = imports
    cutover.until(lambda state: state.is_over, 60 * (3 + 3 * max(1, needs // per_hour + 1)))
    bake_began = next(state for state in cutover.of("judged"))
    assert bake_began["clock"]["after_s"] == 0
    spans = [one["verdicts"]["success"] for one in cutover.of("judged") if one["mark"]]
    taken = [one for one in spans if one["verdict"] == "PASS"]
    assert len(taken) == 2
    totals = [one["clock"]["after_s"] for one in cutover.of("judged")]
    assert totals == sorted(totals)


@often(10)
@given(cases())
def test_every_mark_that_is_taken_passed_in_full(case: Case) -> None:
    """No BLOCKER is thin, blind or failed in the verdicts of a mark that was taken."""
    for mark in played(case).cutover.state.marks:
        for name, said in mark.verdicts.items():
            blocks = case.plan["gates"][name].get("severity", "BLOCKER") == "BLOCKER"
            assert not blocks or said["verdict"] == "PASS" or said.get("is_waived")


def test_thin_nights_do_not_stop_the_clock_between_marks() -> None:
    """With nothing to measure until the mark, the clock comes up to it and no further."""
    cutover = Cutover(plan_of([STAGE]))
    cutover.world.answers["imports"] = lambda _: {"ok": 0, "total": 0, "stuck": 0}
    cutover.tick(200)
    assert cutover.state.phase is Phase.BAKING
    assert cutover.state.bake.total_s == 3600
