"""Rule 1: what could not be measured never passes."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import Case, cases, mood_at, often, plan_of, played

from cutline.gates.verdict import Verdict

# What each gate cannot do without: a mood that lacks it makes the gate blind.
NEEDS_IMPORTS = {"success", "either", "patient", "marked"}
LACKS = {"blind": NEEDS_IMPORTS, "missing": {"success", "either", "marked"}}


@often(10)
@given(cases())
def test_a_gate_without_its_reading_is_blind_and_adds_nothing(case: Case) -> None:
    """Where a field is missing no verdict is PASS, and the clock does not move at that instant."""
    for before, entry, after in played(case).steps():
        if entry.kind != "judged":
            continue
        at = datetime.fromisoformat(entry.data.get("instant") or entry.at)
        lacking = LACKS.get(mood_at(case, at), set())
        blind = {name for name in entry.data["verdicts"] if name in lacking}
        for name in blind:
            assert entry.data["verdicts"][name]["verdict"] == Verdict.BLIND
        if blind and entry.data["clock"] is not None:
            assert after.bake.total_s <= before.bake.total_s


@often(25)
@given(age_s=st.integers(0, 900), fresh_s=st.integers(1, 600))
def test_a_reading_older_than_fresh_is_blind(age_s: int, fresh_s: int) -> None:
    """How old a reading may be is a limit, not a wish; a stage never ends on an older one."""
    plan = plan_of([{"name": "only", "gates": ["healthy"]}])
    plan["probes"]["health"]["fresh"] = f"{fresh_s}s"
    cutover = Cutover(plan)
    cutover.world.answers["health"] = lambda _: {"status": "ok"}
    cutover.world.ages["health"] = float(age_s)
    cutover.tick(4)
    assert cutover.state.is_over == (age_s <= fresh_s)


def test_a_missing_field_is_blind_under_or() -> None:
    """`a || b` with `b` missing is not true because `a` is."""
    cutover = Cutover(plan_of([{"name": "only", "gates": ["either"]}]))
    cutover.world.answers["imports"] = lambda _: {"stuck": 0}
    cutover.tick(5)
    assert cutover.state.gates["either"].verdict is Verdict.BLIND
    assert not cutover.state.is_over
