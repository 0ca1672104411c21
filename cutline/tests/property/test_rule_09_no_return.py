"""Rule 9: past `no_return` there is no rollback."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import T0, Cutover
from tests_support.cutover_worlds import TRIGGERS, Case, cases, often, plan_of, played

from cutline.run.transitions import Phase

REMOVE = {
    "name": "remove",
    "command": ["remove"],
    "no_return": True,
    "restore": "docs/restore.md",
}


@often(10)
@given(cases(), st.booleans())
def test_nothing_rolls_back_behind_it(case: Case, is_cut: bool) -> None:  # noqa: FBT001  # hypothesis draws it
    """Neither triggers, nor gates, nor people: behind the intent to begin there is no way back."""
    stages = [dict(stage) for stage in case.plan["stages"]]
    stages[0]["steps"] = [REMOVE]
    plan = {**case.plan, "stages": stages}
    done = played(Case(**{**vars(case), "plan": plan, "lies": is_cut and case.lies}))
    for before, entry, _ in done.steps():
        if before.no_return is not None:
            assert entry.kind != "rollback_started"
            if entry.kind == "message" and entry.data["verb"] in {"rollback", "abort"}:
                assert not entry.data["is_accepted"]
                assert "docs/restore.md" in entry.data["why"]


def test_a_trigger_notifies_and_pauses_instead() -> None:
    """People hear of the symptom and the run waits for them; the switch stays."""
    stage = {"name": "only", "steps": [REMOVE], "percent": 50, "bake": {"for": "9h"}}
    cutover = Cutover(plan_of([stage], [TRIGGERS[0]]))
    cutover.world.answers["imports"] = lambda _: {"ok": 1, "total": 1, "stuck": 0}
    cutover.until(lambda state: state.phase is Phase.BAKING)
    cutover.world.answers["imports"] = lambda _: {"ok": 1, "total": 1, "stuck": 11}
    cutover.tick(3)
    assert cutover.world.percent == 50
    assert "trigger imports.stuck > 10" in cutover.state.pauses
    assert {"trigger", "paused"} <= {notice.event for notice in cutover.world.told}


@often(10)
@given(hour=st.integers(0, 23))
def test_it_begins_within_hours_only(hour: int) -> None:
    """A step without return waits for the plan's hours, as a raise does."""
    plan = plan_of([{"name": "only", "steps": [REMOVE]}], hours={"raise": "Mon-Thu 09:00-16:00"})
    cutover = Cutover(plan, T0.replace(hour=hour))
    cutover.tick(3)
    assert bool(cutover.world.started) == (9 <= hour < 16)
