"""A play: the real driver over a simulated world, on a clock that does not wait."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from cutline.errors import CannotMeasure, Exit
from cutline.evidence.entry import Entry
from cutline.evidence.journal import MemoryJournal
from cutline.plan.load import Loaded
from cutline.plan.secret import without_secrets
from cutline.rehearsal.expect import Came, came, unmet
from cutline.rehearsal.people import People, signed
from cutline.rehearsal.play_clock import PlayClock
from cutline.rehearsal.scenario import Scenario
from cutline.rehearsal.timeline import Timeline
from cutline.rehearsal.world import SimulatedWorld
from cutline.run.driver import Driver
from cutline.run.open import Beginning, start
from cutline.run.state import State
from cutline.run.transitions import Phase
from cutline.run.world import Notice

_BEFORE_WORK = {Phase.BETWEEN, Phase.WAITING, Phase.APPROVING}
_LOOKS_EVERY = 500  # ticks between two calls of `progress`
_CODES = {"complete": Exit.OK, "waiting": Exit.PAUSED}


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a play. `seconds` is how long it took here; `until` when it ended in the play.

    `unmet` is what the scenario expected and did not get; None if it expects nothing.
    """

    scenario: Scenario
    entries: Sequence[Entry]
    came: Came
    unmet: tuple[str, ...] | None
    notices: tuple[Notice, ...]
    ticks: int
    seconds: float
    until: datetime

    @property
    def exit_code(self) -> Exit:
        """Return 0 or 1 by what was expected; without that the code of the outcome."""
        if self.unmet is not None:
            return Exit.BLOCKED if self.unmet else Exit.OK
        return _CODES.get(self.came.outcome, Exit.ROLLED_BACK)


class MemoryBlobs:
    """Files of a play by digest; nothing is written to a disk."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, content: bytes, name_hint: str) -> str:
        """Keep a file and return its digest."""
        del name_hint
        digest = hashlib.sha256(content).hexdigest()
        self._kept[digest] = content
        return digest

    def open(self, digest: str) -> bytes:
        """Return a file's content; raises `CannotMeasure`."""
        if digest not in self._kept:
            raise CannotMeasure("a file of the play is not there", where=digest)
        return self._kept[digest]


def rehearse(
    loaded: Loaded, scenario: Scenario, progress: Callable[[float], None] | None = None
) -> Played:
    """Play a scenario until the run is over, or until the scenario's end.

    `progress` is told now and then which part of the plan's bakes is done, 0 to 1.
    """
    began = time.perf_counter()
    play = _Play(loaded, scenario)
    end = scenario.start + timedelta(seconds=scenario.until_s)
    with no_cycles():
        while not play.state.is_over and play.clock.true < end:
            play.minute()
            if progress is not None and play.ticks % _LOOKS_EVERY == 0:
                progress(done_part(play.state))
    entries = play.journal.entries()
    found = came(entries, play.clock.true_of)
    wrong = None
    if scenario.expect is not None:
        tick_s = loaded.plan.watch.every_s
        wrong = tuple(unmet(scenario.expect, found, entries, play.timeline.when, tick_s))
    return Played(
        scenario=scenario,
        entries=entries,
        came=found,
        unmet=wrong,
        notices=tuple(play.world.notices),
        ticks=play.ticks,
        seconds=time.perf_counter() - began,
        until=play.clock.true,
    )


@contextmanager
def no_cycles() -> Iterator[None]:
    """Let nobody look for cycles: entries form none, and each look walks through all of them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def done_part(state: State) -> float:
    """Return which part of the bakes of a plan a run has behind it, 0 to 1."""
    bakes = [stage.bake.for_s if stage.bake else 0.0 for stage in state.plan.stages]
    whole = sum(bakes)
    if not whole:
        return 0.0
    done = sum(bakes[: max(state.stage_index, 0)])
    if state.phase is Phase.BAKING:
        done += min(state.bake.total_s, bakes[state.stage_index])
    return min(done / whole, 1.0)


class _Play:
    """One play under way."""

    def __init__(self, loaded: Loaded, scenario: Scenario) -> None:
        plan = loaded.plan
        self.clock = PlayClock(scenario.start)
        self.timeline = Timeline(scenario.events, scenario.start)
        self.world = SimulatedWorld(plan, scenario, self.clock, self.timeline)
        self.people = People(scenario, self.clock)
        self.journal = MemoryJournal()
        self.ticks = 0
        self._learned = -1  # the stage of which it is known when it began
        blobs = MemoryBlobs()
        self._driver = Driver(
            self.world, self.journal, self.clock, self.people, blobs, identify=signed
        )
        beginning = Beginning(
            run=f"{plan.name}/rehearsal",
            plan=plan,
            digest=loaded.digest,
            by=scenario.started_by,
            inputs={**without_secrets(loaded.inputs), **scenario.inputs},
        )
        self.state = start(self.journal, beginning, self.clock.now())

    def minute(self) -> None:
        """Let one tick's time go by: what happens, and the tick, if anybody is there to tick."""
        clock, true = self.clock, self.clock.true
        on = self.timeline.on(true)
        if on or clock.is_wrong:
            clock.set_off(sum(event.clock_jump_s or 0.0 for event in on))
        for _, event in self.timeline.happening(true):
            if event.moved_by_hand is not None:
                self.world.move_by_hand(event.moved_by_hand)
            self.people.say(event)
        self.world.advance()
        if not on or not any(event.driver_absent for event in on):
            if self.state.checkpoints:
                self.people.look(self.state)
            self.state = self._driver.tick(self.state)
            self.ticks += 1
            if self.state.stage_index != self._learned:
                self._learn(self.state)
        clock.sleep(self.state.plan.watch.every_s)

    def _learn(self, state: State) -> None:
        """Tell the timeline when a stage began: its traffic is in force, or its approval given."""
        stage = state.stage
        if stage is None:
            return
        if self.timeline.has_begun(stage.name):
            self._learned = state.stage_index
            return
        if stage.percent is not None and state.plan.switch.kind != "nop":
            if state.raised_at is not None:
                self.timeline.begin(stage.name, self.clock.true_of(state.raised_at))
        elif state.phase not in _BEFORE_WORK:
            self.timeline.begin(stage.name, self.clock.true)
