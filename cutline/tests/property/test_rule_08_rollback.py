"""Rule 8: a rollback lowers, reads back, confirms, drains, undoes, and does not give up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import TRIGGERS, Case, cases, often, plan_of, played

from cutline.errors import CannotWrite
from cutline.evidence.entry import Entry
from cutline.evidence.journal import MemoryJournal
from cutline.run.transitions import BACK, Back, Phase

STAGE = {
    "name": "only",
    "steps": [
        {"name": "first", "command": ["a"], "undo": ["b"]},
        {"name": "second", "command": ["a"], "undo": ["b"]},
    ],
    "percent": 50,
    "bake": {"for": "9h"},
    "gates": [],
}
DRAINED = {
    "diagnose": ["imports"],
    "drained": {"check": "imports.stuck == 0", "timeout": "10m", "list": "imports.left"},
}


def baking(**more: object) -> Cutover:
    cutover = Cutover(plan_of([STAGE], [TRIGGERS[0]], **more))
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    cutover.until(lambda state: state.phase is Phase.BAKING)
    return cutover


@often(15)
@given(cases())
def test_behind_its_start_a_rollback_never_raises(case: Case) -> None:
    """From ROLLBACK_STARTED on the switch is only set to 0, and nothing but its end ends it."""
    done = played(case)
    has_begun = False
    states = [Back.LOWERING]
    for _, entry, _ in done.steps():
        has_begun = has_begun or entry.kind == "rollback_started"
        if has_begun and entry.kind == "switch_setting":
            assert entry.data["percent"] == 0
        if entry.kind == "rollback_state":
            states.append(Back(entry.data["state"]))
    assert all(pair in BACK for pair in pairwise(states))
    if done.cutover.state.outcome == "complete":
        assert not has_begun
    if done.cutover.state.outcome == "rolled back":
        assert done.cutover.world.percent == 0


@often(15)
@given(refusals=st.integers(0, 40), by_person=st.booleans())
def test_a_switch_that_refuses_is_lowered_again_each_tick(refusals: int, by_person: bool) -> None:  # noqa: FBT001  # hypothesis draws it
    """Each tick tries once more, without limit, and the rollback goes on when it works."""
    cutover = baking()
    cutover.world.lies = True
    if by_person:
        cutover.say("rollback", reason="enough")
    else:
        cutover.world.answers["imports"] = lambda _: {"ok": 1, "total": 1, "stuck": 11}
    cutover.tick(refusals)
    assert cutover.world.sets.count(0) >= refusals
    cutover.world.lies = False
    cutover.until(lambda state: state.is_over, 20)
    assert cutover.state.outcome == "rolled back"
    undone = [one["step"] for one in cutover.of("step_starting") if one["is_undo"]]
    assert undone == ["second", "first"]


def test_what_does_not_drain_is_named_and_asked_about() -> None:
    """With the switch at 0 a person hears which work is left; nothing is undone before."""
    plan = plan_of([STAGE], [], rollback=DRAINED)
    plan["probes"]["imports"]["returns"]["left"] = "list(string)"
    cutover = Cutover(plan)
    stuck = {"ok": 1, "total": 1, "stuck": 2, "left": ("import-7", "import-9")}
    cutover.world.answers["imports"] = lambda _: stuck
    cutover.until(lambda state: state.phase is Phase.BAKING)
    cutover.say("rollback")
    cutover.tick(20)
    assert cutover.world.percent == 0
    assert "import-7, import-9" in cutover.state.pauses["drain"].why
    assert not [one for one in cutover.of("step_starting") if one["is_undo"]]
    assert cutover.of("diagnosed")
    cutover.say("resume", reason="drain")
    cutover.until(lambda state: state.is_over, 10)


def test_a_second_trigger_and_a_person_join() -> None:
    """There is one rollback, whoever else wants it."""
    cutover = baking()
    cutover.world.lies = True
    cutover.say("rollback")
    cutover.tick(2)
    cutover.world.answers["imports"] = lambda _: {"ok": 1, "total": 1, "stuck": 11}
    cutover.say("rollback", by="bea")
    cutover.tick(3)
    assert len(cutover.of("rollback_started")) == 1
    assert [one["text"].startswith("joins") for one in cutover.of("noted")]


def test_a_rollback_during_a_long_step_takes_effect_in_the_next_tick() -> None:
    """The switch falls at once; the step is left to end, and is undone when it has."""
    cutover = Cutover(plan_of([{**STAGE, "percent": None}, {**STAGE, "name": "next"}]))
    cutover.world.runs_on = {"second"}
    cutover.tick(10)
    cutover.say("rollback")
    cutover.tick(3)
    assert cutover.state.rollback is not None
    assert not [one for one in cutover.of("step_starting") if one["is_undo"]]
    cutover.world.runs_on = set()
    cutover.until(lambda state: state.is_over, 10)
    undone = [one["step"] for one in cutover.of("step_starting") if one["is_undo"]]
    assert undone == ["second", "first"]


class FullDisk(MemoryJournal):
    """Takes no entry while the disk is full."""

    is_full = False

    def append(self, kind: str, data: Mapping[str, object], at: datetime) -> Entry:
        if self.is_full:
            raise CannotWrite("the journal cannot be written", why="no space left on device")
        return super().append(kind, data, at)


@often(10)
@given(by_person=st.booleans(), full=st.integers(1, 5))
def test_a_full_disk_does_not_keep_traffic_on_v2(by_person: bool, full: int) -> None:  # noqa: FBT001  # hypothesis draws it
    """It acts first and journals when it can."""
    disk = FullDisk()
    cutover = Cutover(plan_of([STAGE], [TRIGGERS[0]]), journal=disk)
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    cutover.until(lambda state: state.phase is Phase.BAKING)
    disk.is_full = True
    if by_person:
        cutover.say("rollback")
    else:
        cutover.world.answers["imports"] = lambda _: {"ok": 1, "total": 1, "stuck": 11}
    for _ in range(full):
        with pytest.raises(CannotWrite):
            cutover.tick()
        assert cutover.world.percent == 0
    disk.is_full = False
    cutover.until(lambda state: state.is_over, 10)
    assert cutover.state.outcome == "rolled back"
    assert cutover.restart() == cutover.state
