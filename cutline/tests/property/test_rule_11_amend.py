"""Rule 11: a plan is amended by meaning, by enough people, and both plans stay."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import often, plan_of

from cutline.plan.model import Plan
from cutline.run.transitions import Phase

STAGES = [
    {"name": "one", "percent": 10, "bake": {"for": "10m"}, "gates": ["success"]},
    {"name": "two", "percent": 50, "bake": {"for": "9h"}, "gates": ["success", "healthy"]},
    {"name": "three", "percent": 100, "bake": {"for": "1h"}, "gates": []},
]


def in_two(past: bool = False) -> Cutover:  # noqa: FBT001, FBT002
    cutover = Cutover(plan_of(STAGES, past=past))
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    cutover.world.answers["health"] = lambda _: {"status": "ok"}
    cutover.until(lambda state: state.stage_name == "two" and state.bake.total_s >= 3600)
    return cutover


def amended(cutover: Cutover, change: Any, approvals: int) -> None:
    plan = copy.deepcopy(cutover.plan.model_dump(mode="json", exclude_unset=True))
    change(plan)
    model = Plan.model_validate(plan).model_dump(mode="json", exclude_unset=True)
    asked = {"plan": {"digest": "e" * 64, "model": model}, "reason": "learned something"}
    cutover.say("amend", by="ana", **asked)
    cutover.tick()
    for by in ("bea", "cyd")[:approvals]:
        cutover.say("approve", by=by, checkpoint="amend")
    cutover.tick()


def tighter(plan: dict[str, Any]) -> None:
    plan["gates"]["success"]["at_least"] = 97.0


def looser(plan: dict[str, Any]) -> None:
    plan["gates"]["success"]["at_least"] = 90.0


def other_probe(plan: dict[str, Any]) -> None:
    plan["probes"]["imports"]["http"]["get"] = "http://other"


@often(8)
@given(approvals=st.integers(0, 2), kind=st.sampled_from((tighter, looser, other_probe)))
def test_as_many_agree_as_it_needs(approvals: int, kind: Any) -> None:
    """Tighter needs one approval; looser, or a probe that measures something else, two."""
    cutover = in_two()
    amended(cutover, kind, approvals)
    needed = 1 if kind is tighter else 2
    assert bool(cutover.of("amended")) == (approvals >= needed)
    assert (cutover.state.plan != cutover.plan) == (approvals >= needed)
    if approvals >= needed:
        assert cutover.state.verdict == "PASS WITH DEVIATIONS"
        assert cutover.of("started")[0]["plan"] != cutover.of("amended")[0]["plan"]
        assert cutover.restart().plan == cutover.state.plan


def test_what_is_finished_and_the_switch_cannot_change() -> None:
    """Neither the stages behind, nor what moves traffic, nor what the stage in force is."""

    def finished(plan: dict[str, Any]) -> None:
        plan["stages"][0]["percent"] = 5

    def switch(plan: dict[str, Any]) -> None:
        plan["switch"]["env_file"]["key"] = "OTHER"

    def present(plan: dict[str, Any]) -> None:
        plan["stages"][1]["percent"] = 60

    for change, word in ((finished, "finished"), (switch, "switch"), (present, "in force")):
        cutover = in_two()
        amended(cutover, change, 2)
        assert not cutover.of("amended")
        assert word in cutover.of("message")[0]["why"]


def test_a_changed_probe_restarts_the_clock_unless_its_past_can_be_asked() -> None:
    """Readings of two different probes do not make one bake."""
    for past in (False, True):
        cutover = in_two(past)
        amended(cutover, other_probe, 2)
        assert (cutover.state.bake.total_s >= 3600) is past
        assert cutover.state.phase is Phase.BAKING
