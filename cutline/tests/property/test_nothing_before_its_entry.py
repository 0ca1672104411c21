"""Nothing is done before its entry is on the disk; what cannot be written is decided anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import TRIGGERS, often, plan_of

from cutline.errors import CannotWrite
from cutline.evidence.entry import Entry
from cutline.evidence.journal import MemoryJournal
from cutline.run.world import Call, SwitchSet

STAGES = [
    {
        "name": "prepare",
        "steps": [{"name": "first", "command": ["a"]}, {"name": "second", "command": ["a"]}],
    },
    {"name": "half", "percent": 50, "bake": {"for": "10m", "marks": ["5m"]}, "gates": ["success"]},
    {"name": "all", "approve": {"by": "sre"}, "percent": 100},
]


class BadDisk(MemoryJournal):
    """Takes nothing from its entry `fails_at` on, for as long as it is bad."""

    fails_at = 0
    is_bad = True

    def append(self, kind: str, data: Mapping[str, object], at: datetime) -> Entry:
        if self.is_bad and len(self.entries()) >= self.fails_at:
            raise CannotWrite("the journal cannot be written", why="no space left on device")
        return super().append(kind, data, at)


class Watched(Cutover):
    """A cutover whose world looks at the journal before it does anything."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.early: list[object] = []
        set_switch, start = self.world.set_switch, self.world.start

        def setting(percent: int) -> SwitchSet:
            last = self.journal.entries()[-1]
            is_told = last.kind == "switch_setting" and last.data["percent"] == percent
            if percent and not is_told:
                self.early.append(percent)
            return set_switch(percent)

        def starting(call: Call) -> None:
            last = self.journal.entries()[-1]
            is_told = last.kind == "step_starting" and last.data["key"] == call.key
            if not (is_told and last.data["attempt"] == call.attempt):
                self.early.append(call)
            start(call)

        self.world.set_switch = setting  # type: ignore[method-assign]
        self.world.start = starting  # type: ignore[method-assign]


@often(60)
@given(fails_at=st.integers(1, 60), ticks=st.integers(1, 4))
def test_nothing_is_done_before_its_intent_is_on_the_disk(fails_at: int, ticks: int) -> None:
    """Wherever the disk is full, and for how long: each step starts once, traffic rises once."""
    disk = BadDisk()
    disk.is_bad = False
    cutover = Watched(plan_of(STAGES), journal=disk)
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    disk.fails_at, disk.is_bad = fails_at, True
    failed = 0
    for _ in range(60):
        try:
            cutover.state = cutover.driver.tick(cutover.state)
        except CannotWrite:
            failed += 1
            disk.is_bad = failed < ticks
        if cutover.state.asks and not cutover.inbox:
            cutover.say("approve", by="bea", checkpoint="all")
        cutover.clock.sleep(60)
    assert cutover.early == []
    assert (cutover.state.outcome, cutover.world.sets) == ("complete", [50, 100])
    assert [call.step for call in cutover.world.started] == ["first", "second"]
    assert "step_cut_off" not in cutover.kinds()
    assert cutover.restart() == cutover.state


def test_a_full_disk_at_the_raise_leaves_traffic_where_it_was() -> None:
    """And a process that dies then leaves nothing that the journal does not know."""
    disk = BadDisk()
    disk.is_bad = False
    cutover = Watched(plan_of([STAGES[1]]), journal=disk)
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    disk.fails_at, disk.is_bad = 3, True  # started, the first tick, the stage; the intent is next
    for _ in range(3):
        try:
            cutover.state = cutover.driver.tick(cutover.state)
        except CannotWrite:
            cutover.clock.sleep(60)
    assert cutover.world.sets == []
    disk.is_bad = False
    cutover.restart()
    cutover.until(lambda state: state.is_over)
    assert (cutover.state.outcome, cutover.world.sets) == ("complete", [50])


def test_lists_that_cannot_be_kept_do_not_blind_a_trigger() -> None:
    """An instant wants files beside the journal; with or without them traffic is lowered."""
    one = {"name": "one", "percent": 10, "bake": {"for": "9h"}, "gates": ["new"]}
    plan = plan_of([one], [TRIGGERS[0]])
    plan["probes"]["imports"]["returns"]["errors"] = "list(string)"
    plan["gates"] = {**plan["gates"], "new": {"check": "size(imports.errors) < 5"}}
    cutover = Cutover(plan)
    values = {"ok": 990, "total": 1000, "stuck": 0, "errors": ("a",)}
    cutover.world.answers["imports"] = lambda _: values
    cutover.until(lambda state: state.bake.total_s >= 300)

    def full(content: bytes, name_hint: str) -> str:
        del content
        raise CannotWrite("a file cannot be written", where=name_hint)

    cutover.blobs.put = full  # type: ignore[method-assign]
    values["stuck"] = 11
    for _ in range(6):
        try:
            cutover.tick()
        except CannotWrite:
            cutover.clock.sleep(60)
    assert cutover.world.percent == 0
