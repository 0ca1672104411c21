"""Rule 2: the bake clock is a sum of distances between instants that passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover_worlds import Case, cases, often, played

from cutline.run.bake import BakeClock, BakeRules, Held, turn

START = datetime(2026, 3, 2, tzinfo=UTC)
INSTANTS = st.lists(
    st.tuples(
        st.one_of(st.just(300.0), st.sampled_from((-600.0, 0.0, 60.0, 900.0, 901.0, 86400.0))),
        st.one_of(st.just(Held.PASSED), st.sampled_from(list(Held))),
    ),
    max_size=60,
)


def begun() -> BakeClock:
    return BakeClock(began_at=START, mark_at=START, span_at=START)


def slowly(rules: BakeRules, instants: list[tuple[float, Held]]) -> tuple[float, set[float]]:
    """The rule once more, word by word: the clock, and the marks taken since it was last zero."""
    total = held = 0.0
    taken: set[float] = set()
    before: Held | None = None
    for apart, now in instants:
        last, before = before, now
        if last is None:
            apart = 0.0  # noqa: PLW2901  # before the first instant there is none
        at_gap = apart > rules.gap_s
        reach = total + apart if last is Held.PASSED and 0 < apart <= rules.gap_s else total
        marks = [mark for mark in rules.marks_s if mark not in taken and mark <= reach + 1e-6]
        if now is Held.FAILED:
            total, held, taken = 0.0, 0.0, set()
            continue
        if last is not None and (at_gap or Held.BLIND in {now, last}):
            held += max(0.0, apart)
            if held > rules.max_hold_s + 1e-6 and apart > 0:
                total, held, taken = 0.0, 0.0, set()
                continue
        if now is Held.PASSED:
            total = reach
            taken |= {mark for mark in rules.marks_s if marks and mark <= marks[-1]}
        elif now is Held.WAITING and marks:
            total = min(reach, max(total, marks[-1]))
    return total, taken


@often(400)
@given(INSTANTS, st.sampled_from((0.0, 900.0, 3600.0)))
def test_the_clock_is_what_the_rule_says(instants: list[tuple[float, Held]], hold_s: float) -> None:
    """The clock of the core and the rule written out anew agree on every history."""
    rules = BakeRules(3600.0, 300.0, 900.0, hold_s, (900.0, 1800.0, 3600.0))
    clock, now = begun(), START
    for apart_s, held in instants:
        now += timedelta(seconds=apart_s)
        clock = turn(clock, rules, now, held).clock
    total, taken = slowly(rules, instants)
    assert clock.total_s == pytest.approx(total)
    assert set(clock.taken_s) == taken
    if clock.is_over:
        assert clock.total_s >= rules.for_s
        assert taken == set(rules.marks_s)
        assert clock.last is Held.PASSED


@often(10)
@given(cases())
def test_no_stage_ends_before_its_time(case: Case) -> None:
    """A stage with a bake ends only when as much time has passed since it began to bake."""
    plan_stages = {stage["name"]: stage for stage in case.plan["stages"]}
    for before, entry, _ in played(case).steps():
        if entry.kind == "stage_ended" and not before.overrides:
            began = before.bake.began_at
            assert began is not None
            assert before.bake.total_s >= 60 * int(
                plan_stages[entry.data["stage"]]["bake"]["for"].removesuffix("m")
            )
            if not case.backs:
                assert (before.at - began).total_seconds() >= before.bake.total_s
