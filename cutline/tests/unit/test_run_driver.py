"""A run from its first entry to its last, over a world in memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from tests_support.cutover import Cutover

from cutline.run.reading import Question
from cutline.run.transitions import Phase

IMPORTS = {"ok": "int", "total": "int", "stuck": "int"}
PLAN: dict[str, Any] = {
    "cutline": 1,
    "name": "import-api",
    "people": {"ana": {"roles": ["sre"]}},
    "switch": {
        "env_file": {"path": ".env", "key": "V2"},
        "confirm": {"rate": "decisions.v2", "of": "decisions.total", "needs": 10},
    },
    "probes": {
        "health": {"http": {"get": "http://h"}, "returns": {"status": "string"}},
        "decisions": {
            "http": {"get": "http://d"},
            "returns": {"v2": "int", "total": "int"},
            "over": "15m",
        },
        "imports": {"http": {"get": "http://i"}, "returns": IMPORTS, "over": "1h", "past": True},
    },
    "gates": {
        "healthy": {"check": 'health.status == "healthy"'},
        "success": {"rate": "imports.ok", "of": "imports.total", "at_least": 95.0},
    },
    "stages": [
        {
            "name": "prerequisites",
            "steps": [{"name": "deploy", "command": ["deploy"], "undo": ["undeploy"]}],
            "gates": ["healthy"],
        },
        {
            "name": "canary",
            "percent": 10,
            "bake": {"for": "2h", "marks": ["1h"]},
            "gates": ["healthy", "success"],
        },
        {
            "name": "full",
            "approve": {"by": "sre"},
            "percent": 100,
            "bake": {"for": "1h"},
            "gates": ["healthy"],
        },
    ],
    "triggers": [{"when": "imports.stuck > 10", "severity": "critical", "do": "rollback"}],
}


@pytest.fixture
def cutover() -> Cutover:
    """The plan above in a world where all is well."""
    made = Cutover(PLAN)
    world = made.world
    world.answers["health"] = lambda _: {"status": "healthy"}
    world.answers["imports"] = lambda _: {"ok": 99, "total": 100, "stuck": 0}
    world.answers["decisions"] = lambda _: {"v2": 10 * (world.percent or 0), "total": 1000}
    return made


def test_a_run_steps_raises_bakes_and_completes(cutover: Cutover) -> None:
    """Where all is well a run goes through its stages in order and ends complete."""
    cutover.until(lambda state: state.stage_name == "full")
    assert cutover.world.sets == [10]
    cutover.tick(100)
    assert cutover.state.phase is Phase.APPROVING
    cutover.say("approve", checkpoint="full")
    cutover.until(lambda state: state.is_over)
    assert (cutover.state.outcome, cutover.state.verdict) == ("complete", "PASS")
    assert cutover.world.sets == [10, 100]
    assert [one["stage"] for one in cutover.of("stage_ended")] == [
        "prerequisites",
        "canary",
        "full",
    ]


def test_a_trigger_rolls_the_run_back(cutover: Cutover) -> None:
    """A critical symptom lowers the switch in its own tick, and what was done is undone."""
    cutover.until(lambda state: state.phase is Phase.BAKING and state.stage_name == "canary")
    cutover.world.answers["imports"] = lambda _: {"ok": 99, "total": 100, "stuck": 11}
    cutover.tick()
    assert cutover.world.percent == 0
    cutover.until(lambda state: state.is_over)
    assert (cutover.state.outcome, cutover.state.verdict) == ("rolled back", "FAIL")
    undone = [one for one in cutover.of("step_ended") if one["is_undo"]]
    assert [one["step"] for one in undone] == ["deploy"]


def test_the_state_is_the_fold_of_the_journal(cutover: Cutover) -> None:
    """After each tick the journal alone gives the state that the driver holds."""
    for _ in range(200):
        held = cutover.tick()
        assert cutover.restart() == held


def test_a_tick_that_takes_its_time_is_no_absence(cutover: Cutover) -> None:
    """Who waits for a slow answer watches; who is not there does not."""
    slow = cutover.world.answers["health"]

    def answer(question: Any) -> Any:
        cutover.clock.sleep(20 * 60)
        return slow(question)

    cutover.tick()
    cutover.world.answers["health"] = answer
    cutover.until(lambda state: len(cutover.kinds()) > 60 or state.is_over)
    assert "absent" not in cutover.kinds()
    cutover.world.answers["health"] = slow
    cutover.clock.sleep(20 * 60)
    cutover.tick()
    assert "absent" in cutover.kinds()


def test_a_switch_raised_by_hand_is_set_back_and_the_bake_goes_on(cutover: Cutover) -> None:
    """What traffic showed of the setting still counts: the bake does not begin anew."""
    cutover.until(lambda state: state.phase is Phase.BAKING and state.bake.total_s > 600)
    began = cutover.state.bake.began_at
    cutover.world.percent = 50
    state = cutover.tick(2)
    assert cutover.world.percent == 10
    assert (state.phase, state.bake.began_at) == (Phase.BAKING, began)
    assert cutover.of("drifted")


def raised_to_all(cutover: Cutover, routed: Callable[[int], bool]) -> None:
    """Bring a run to 100 %; from then on a request comes each second, to v2 if `routed` says so."""
    cutover.until(lambda state: state.phase is Phase.APPROVING)
    cutover.say("approve", checkpoint="full")
    cutover.until(lambda state: state.phase is Phase.CONFIRMING)
    applied = cutover.state.traffic.applied_at
    assert applied is not None

    def answer(asked: Question) -> dict[str, int]:
        begin, end = ((at - applied).total_seconds() for at in (asked.since, asked.until))
        seconds = range(max(0, math.ceil(begin)), math.ceil(end))
        return {"v2": sum(routed(at) for at in seconds), "total": len(seconds)}

    cutover.world.answers["decisions"] = answer


def test_a_request_that_was_on_its_way_does_not_fail_a_raise_to_all(cutover: Cutover) -> None:
    """Within `grace` it is not counted; after it, it is forgiven once none came for `over`."""
    raised_to_all(cutover, lambda at: at not in {0, 4})
    cutover.tick(2)
    assert cutover.state.phase is Phase.BAKING
    assert [one["verdict"] for one in cutover.of("confirmed")][-1] == "PASS"


def test_a_late_request_is_forgiven_once_none_came_for_a_while(cutover: Cutover) -> None:
    """A v1 request 30 s after the raise: confirmed 5 min later, not paused after 15."""
    raised_to_all(cutover, lambda at: at != 30)
    cutover.tick(7)
    assert cutover.state.phase is Phase.BAKING
    said = [one["verdict"] for one in cutover.of("confirmed") if one["percent"] == 100]
    assert said == ["FAIL", "THIN", "PASS"]


def test_a_switch_that_lies_at_all_is_found(cutover: Cutover) -> None:
    """Three of a hundred still go to v1: no quiet is long enough, and a person is asked."""
    raised_to_all(cutover, lambda at: at % 33 != 32)
    cutover.tick(17)
    assert cutover.state.phase is Phase.CONFIRMING
    assert "confirm" in cutover.state.pauses
    assert cutover.state.traffic.percent == 100
