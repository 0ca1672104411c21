"""The parts of a stage: instants, steps, checkpoints, attested facts, baselines, heads."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import rfc8785
from tests_support.cutover import T0, Cutover
from tests_support.cutover_worlds import plan_of

from cutline.plan.model import Plan
from cutline.run.fold import begun
from cutline.run.transitions import PHASES, NoSuchTransition, Phase, check_phase

BAKE = {"for": "20m", "marks": ["10m"]}
FULL = {"ok": 990, "total": 1000, "stuck": 0}


def over(stages: list[dict[str, Any]], **more: Any) -> Cutover:
    started = {key: more.pop(key) for key in ("is_signed", "follows") if key in more}
    cutover = Cutover(plan_of(stages, **more), **started)
    cutover.world.answers["imports"] = lambda _: FULL
    cutover.world.answers["health"] = lambda _: {"status": "ok"}
    return cutover


def test_a_step_that_failed_waits_for_retry() -> None:
    """It never runs again by itself, and not by a `resume` that names nothing."""
    cutover = over([{"name": "only", "steps": [{"name": "deploy", "command": ["x"]}]}])
    cutover.world.exits["deploy"] = 1
    cutover.tick(10)
    assert "step deploy" in cutover.state.pauses
    cutover.say("resume")
    cutover.tick(3)
    assert len(cutover.world.started) == 1
    cutover.world.exits["deploy"] = 0
    cutover.say("retry")
    cutover.until(lambda state: state.is_over, 5)
    assert [call.attempt for call in cutover.world.started] == [1, 2]


def test_a_cut_off_step_is_asked_whether_it_was_done() -> None:
    """`done:` true: it does not run again. False: it does. Neither: a person is asked."""
    for done, tries in (('health.status == "ok"', 1), ('health.status == "no"', 2), (None, 1)):
        step = {"name": "deploy", "command": ["x"]} | ({"done": done} if done else {})
        cutover = over([{"name": "only", "steps": [step]}])
        cutover.world.runs_on = {"deploy"}
        cutover.tick(2)
        cutover.world.dead.add(cutover.world.started[0])
        cutover.world.runs_on = set()
        cutover.tick(4)
        assert len(cutover.world.started) == tries
        assert cutover.state.is_over is (done is not None)
        assert bool(cutover.state.pauses) is (done is None)


def test_a_person_may_say_that_a_cut_off_step_was_done() -> None:
    """Who looked says so, and it does not run again."""
    cutover = over([{"name": "only", "steps": [{"name": "deploy", "command": ["x"]}]}])
    cutover.world.runs_on = {"deploy"}
    cutover.tick(2)
    cutover.world.dead.add(cutover.world.started[0])
    cutover.tick(2)
    cutover.say("retry", done=True)
    cutover.until(lambda state: state.is_over, 3)
    assert len(cutover.world.started) == 1


def test_a_checkpoint_step_waits_for_its_answer() -> None:
    """Nothing behind it begins before a person said yes."""
    steps = [
        {"name": "restored", "checkpoint": {"ask": "is the copy restorable?", "by": "sre"}},
        {"name": "deploy", "command": ["x"]},
    ]
    cutover = over([{"name": "only", "steps": steps}])
    cutover.tick(100)
    assert not cutover.world.started
    cutover.say("approve", checkpoint="restored")
    cutover.until(lambda state: state.is_over, 5)
    assert cutover.state.steps["only", "restored"].state == "done"


def test_an_attested_fact_ends_a_bake_or_fails_it() -> None:
    """The clock waits at its end for a person's number, and does not lose time by waiting."""
    gate = {"attest": "complaints in this stage", "equals": 0, "at": "end"}
    for value, is_over in ((0, True), (3, False)):
        plan = plan_of([{"name": "only", "percent": 5, "bake": BAKE, "gates": ["complaints"]}])
        plan["gates"] = {"complaints": gate}
        cutover = Cutover(plan)
        cutover.tick(300)
        assert cutover.state.bake.total_s == 1200
        assert [point.name for point in cutover.state.asks] == ["complaints"]
        cutover.say("approve", checkpoint="complaints", value=value)
        cutover.tick(12)
        assert cutover.state.is_over is is_over
        if not is_over:
            assert cutover.state.bake.total_s < 1200


def test_a_stage_waits_for_its_instant() -> None:
    """`at: T-30m` begins within its slack; missed by more it asks a person."""
    for late_h, is_paused in ((0, False), (9, True)):
        window = {"t0": (T0 + timedelta(hours=2)).isoformat()}
        cutover = over([{"name": "only", "at": "T-30m", "percent": 5}], window=window)
        cutover.tick(60)
        assert cutover.state.phase is Phase.WAITING
        cutover.clock.sleep(3600.0 * late_h)
        cutover.tick(40)
        assert ("late" in cutover.state.pauses) is is_paused
        if is_paused:
            cutover.say("resume", reason="late")
            cutover.tick(2)
        assert cutover.world.sets == [5]


def test_a_window_may_open_some_time_after_the_start() -> None:
    """`t0: start+2h` is two hours after the run began, whatever the clock says."""
    cutover = over([{"name": "only", "at": "T-30m", "percent": 5}], window={"t0": "start+2h"})
    cutover.tick(85)
    assert cutover.state.phase is Phase.WAITING
    cutover.tick(10)
    assert cutover.world.sets == [5]


def test_a_baseline_is_taken_when_its_stage_ends() -> None:
    """Later stages compare with what was measured over the whole of the stage."""
    gates = {
        "as_good": {
            "rate": "imports.ok",
            "of": "imports.total",
            "than": "one",
            "margin": 1.0,
            "at": "marks",
        }
    }
    stages = [
        {"name": "one", "percent": 5, "bake": BAKE},
        {"name": "two", "percent": 50, "bake": BAKE, "gates": ["as_good"]},
    ]
    for worse, is_over in ((990, True), (900, False)):
        plan = plan_of(stages)
        plan["gates"] = gates
        cutover = Cutover(plan)
        cutover.world.answers["imports"] = lambda _: FULL
        cutover.until(lambda state: state.stage_name == "two")
        assert cutover.of("baseline")[0]["is_whole"]
        cutover.world.answers["imports"] = lambda _, ok=worse: {**FULL, "ok": ok}
        cutover.tick(60)
        assert cutover.state.is_over is is_over


def test_heads_are_signed_where_the_page_says() -> None:
    """At marks, around each switch, at checkpoints; nothing comes behind the last entry."""
    reasons: list[str] = []

    def sign(reason: str) -> dict[str, object]:
        reasons.append(reason)
        return {"size": 1, "root": "r", "key_id": "k", "is_anchored": True, "why": ""}

    stages = [{"name": "only", "approve": {"by": "sre"}, "percent": 5, "bake": BAKE}]
    cutover = over(stages, is_signed=True)
    cutover.options["signer"] = sign
    cutover.new_driver()
    cutover.tick(3)
    cutover.say("approve", checkpoint="only")
    cutover.until(lambda state: state.is_over)
    wanted = ["checkpoint only", "switch at 5 %", "mark 600 s", "mark 1200 s"]
    assert [one for one in reasons if one in wanted] == ["checkpoint only", *wanted]
    assert cutover.kinds()[-1] == "closed"


def test_without_an_anchor_traffic_does_not_rise_but_falls() -> None:
    """A missing anchor blocks raising, never lowering."""
    head: dict[str, object] = {"is_anchored": False, "why": "the bucket does not answer"}
    cutover = over(
        [{"name": "only", "percent": 5, "bake": BAKE}],
        is_signed=True,
        evidence={"worm": "s3://audit/cutover"},
    )
    cutover.options["signer"] = lambda _: head
    cutover.new_driver()
    cutover.tick(30)
    assert cutover.world.sets == []
    head["is_anchored"] = True
    cutover.tick(2)
    assert cutover.world.sets == [5]
    head["is_anchored"] = False
    cutover.say("rollback")
    cutover.tick(1)
    assert cutover.world.percent == 0


def test_a_clock_that_goes_back_adds_nothing_and_is_journaled() -> None:
    """The bake keeps what it has; time that went back is told."""
    cutover = over([{"name": "only", "percent": 5, "bake": {"for": "2h"}, "gates": ["success"]}])
    cutover.until(lambda state: state.bake.total_s == 1800)
    cutover.clock.sleep(-3600)
    cutover.tick()
    assert cutover.state.bake.total_s == 1800
    assert cutover.of("clock_went_back")[0]["by_s"] > 3500
    cutover.until(lambda state: state.is_over, 120)


def test_a_message_is_taken_once() -> None:
    """What still lies in the inbox after its entry is not carried out again."""
    cutover = over([{"name": "only", "percent": 5, "bake": {"for": "2h"}}])
    cutover.say("extend", by_s=600)
    cutover.tick(5)
    assert cutover.state.extra_s == 0  # there was no stage yet to extend
    cutover.say("extend", by_s=600)
    cutover.tick(5)
    cutover.restart()
    cutover.tick(5)
    assert cutover.state.extra_s == 600
    assert len(cutover.of("message")) == 2


def test_an_unknown_way_is_refused() -> None:
    """A fold that is asked to jump says that there is no such way."""
    with pytest.raises(NoSuchTransition, match="from baking to approving"):
        check_phase(Phase.BAKING, Phase.APPROVING)
    assert (Phase.ENDED, Phase.BETWEEN) not in PHASES


def test_a_whole_double_is_a_double_again_when_a_run_is_read() -> None:
    """In JSON 60.0 is 60, and a condition that compares doubles would refuse it."""
    declared = {"most": {"default": 60.0}, "least": {"default": 0.5}, "count": {"default": 3}}
    given = {"most": 70.0, "least": 0.25, "count": 4}
    plan = Plan.model_validate(plan_of([{"name": "only"}], inputs=declared))
    cutover = Cutover(plan, inputs=given)
    (first, *_) = cutover.journal.entries()
    as_read = json.loads(rfc8785.dumps(dict(first.data)))
    again = begun(replace(first, data=as_read))
    kept = {name: one.default for name, one in again.plan.inputs.items()}
    assert kept == {"most": 60.0, "least": 0.5, "count": 3}
    assert {name for name in kept if type(kept[name]) is float} == {"most", "least"}
    found = again.origin.inputs
    assert found == given
    assert {name for name in found if type(found[name]) is float} == {"most", "least"}
