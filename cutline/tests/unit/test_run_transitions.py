"""The transition tables are neither too wide nor too narrow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from tests_support.cutover import T0, Cutover
from tests_support.cutover_worlds import plan_of

from cutline.run import fold, whereabouts
from cutline.run.transitions import BACK, PHASES, Back, Phase, check_back, check_phase

PARTS = {
    Phase.WAITING: {"at": "T-0s"},
    Phase.APPROVING: {"approve": {"by": "sre"}},
    Phase.STEPPING: {"steps": [{"name": "go", "command": ["x"], "undo": ["y"]}]},
    Phase.RAISING: {"percent": 50},
    Phase.BAKING: {"bake": {"for": "10m"}},
}
WINDOW = {"t0": (T0 + timedelta(minutes=3)).isoformat()}
DRAINED = {"drained": {"check": "imports.stuck == 0", "timeout": "9h"}}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Any]]:
    """Every way that the fold takes, while the real table still refuses others."""
    ways: set[Any] = set()

    def phase(one: Phase, other: Phase) -> None:
        check_phase(one, other)
        ways.add((one, other))

    def back(one: Back, other: Back) -> None:
        check_back(one, other)
        ways.add((one, other))

    monkeypatch.setattr(whereabouts, "check_phase", phase)
    monkeypatch.setattr(fold, "check_back", back)
    return ways


def over(*parts: Phase, confirms: bool = False, baseline: bool = False, **more: Any) -> Cutover:
    stage: dict[str, Any] = {"name": "one"}
    for part in parts:
        stage |= PARTS[part]
    plan = plan_of([stage, {"name": "two", "gates": ["than"]}] if baseline else [stage],
                   confirms=confirms, window=WINDOW, **more)  # fmt: skip
    if baseline:
        than = {"rate": "imports.ok", "of": "imports.total", "than": "one", "margin": 1.0}
        plan["gates"] = {"than": {**than, "at": "marks"}}
    cutover = Cutover(plan)
    cutover.world.answers["imports"] = lambda _: {"ok": 99, "total": 100, "stuck": 0}
    cutover.world.answers["decisions"] = lambda _: {
        "v2": 10 * (cutover.world.percent or 0),
        "total": 1000,
    }
    return cutover


def held_in(phase: Phase) -> Cutover:
    """A run that stays in a phase."""
    all_parts = tuple(PARTS)
    match phase:
        case Phase.CONFIRMING:
            cutover = over(*all_parts, confirms=True)
            cutover.world.answers.pop("decisions")
        case Phase.ENDING:
            cutover = over(*all_parts, baseline=True)
            cutover.world.answers.pop("imports")
        case _:
            cutover = over(*all_parts)
    if phase is Phase.STEPPING:
        cutover.world.runs_on = {"go"}
    for _ in range(40):
        if cutover.state.phase is phase:
            return cutover
        if cutover.state.asks and not cutover.state.asks[0].approvals:
            cutover.say("approve", checkpoint="one")
            if phase is Phase.RAISING:
                cutover.say("pause")
                cutover.state = _go(cutover)
        cutover.tick()
    raise AssertionError(f"{cutover.state.phase} and not {phase}")


def _go(cutover: Cutover) -> Any:
    """Let the step run although the run is paused a tick later."""
    cutover.inbox.pop()
    cutover.tick()
    cutover.say("pause")
    return cutover.state


def forward() -> None:
    for chosen in product((True, False), repeat=len(PARTS)):
        parts = [part for part, is_in in zip(PARTS, chosen, strict=True) if is_in]
        for confirms in (True, False):
            cutover = over(*parts, confirms=confirms)
            for _ in range(40):
                if cutover.state.asks and not cutover.state.asks[0].approvals:
                    cutover.say("approve", checkpoint="one")
                cutover.tick()
            assert cutover.state.is_over, parts


def backward() -> None:
    for phase in (*PARTS, Phase.CONFIRMING, Phase.ENDING):
        cutover = held_in(phase)
        cutover.say("rollback")
        cutover.tick()
        assert cutover.state.rollback is not None
    cutover = over()
    cutover.say("rollback")
    cutover.tick()
    for phase in (Phase.CONFIRMING, Phase.BAKING, Phase.ENDING):
        cutover = held_in(phase)
        cutover.world.percent = 5
        cutover.tick()
        assert cutover.state.phase is Phase.RAISING
    for phase in (Phase.STEPPING, Phase.RAISING):
        cutover = held_in(phase)
        cutover.clock.sleep(2 * 86400)
        cutover.tick(2)
        assert cutover.state.phase is Phase.APPROVING


def up_again() -> None:
    for state in (Back.READ_BACK, Back.CONFIRMING, Back.DRAINING, Back.UNDOING):
        cutover = over(Phase.STEPPING, Phase.RAISING, Phase.BAKING,
                       confirms=state is Back.CONFIRMING, rollback=DRAINED)  # fmt: skip
        cutover.until(lambda now: now.phase is Phase.BAKING)
        world = cutover.world
        world.answers["decisions"] = lambda _: None
        stuck = int(state is Back.DRAINING)
        world.answers["imports"] = lambda _, n=stuck: {"ok": 99, "total": 100, "stuck": n}
        if state is Back.UNDOING:
            world.runs_on = {"go"}
        cutover.say("rollback")
        if state is Back.READ_BACK:
            world.deaf = True
        cutover.until(lambda now, at=state: now.rollback and now.rollback.state is at, 10)
        world.deaf = False
        world.percent = 50
        cutover.tick(2)
        assert world.percent == 0


def test_every_row_of_the_tables_is_reached(taken: set[Any]) -> None:
    """A way that no run takes would be a way that nobody tested; others are refused."""
    forward()
    backward()
    up_again()
    missing = (PHASES | BACK) - taken
    assert not missing
