"""A plan judged over the past: what would have fired, how long each bake would really take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cutline.evidence.entry import Entry
from cutline.evidence.journal import MemoryJournal
from cutline.plan.load import Loaded
from cutline.plan.model import Plan
from cutline.plan.secret import without_secrets
from cutline.plan.stage import Stage
from cutline.rehearsal.past_plan import Left, bake_plan, left_out, watch_plan
from cutline.rehearsal.past_world import PastWorld
from cutline.rehearsal.rehearse import MemoryBlobs, no_cycles
from cutline.run.clock import VirtualClock
from cutline.run.driver import Driver
from cutline.run.kinds import Kind
from cutline.run.open import Beginning, start
from cutline.run.state import State

Progress = Callable[[float], None]
_LOOKS_EVERY = 100


@dataclass(frozen=True, slots=True)
class Span:
    """The past that is looked at, and how often."""

    since: datetime
    until: datetime
    every_s: float


@dataclass(frozen=True, slots=True)
class Fired:
    """A trigger that would have fired; `until` is when it cleared, None if it never did."""

    trigger: str
    do: str
    severity: str
    at: datetime
    why: str
    until: datetime | None = None


@dataclass(slots=True)
class Said:
    """How often a gate said something other than PASS where that counts, and why the last time."""

    count: int = 0
    first: datetime | None = None
    why: str = ""

    def add(self, at: datetime, why: str) -> None:
        """Count one more instant."""
        self.count += 1
        self.first = self.first or at
        self.why = why


@dataclass(frozen=True, slots=True)
class Baked:
    """How a bake would have gone; `took_s` is None if it did not end within the past.

    `thin` are gates for which marks waited, `failed` and `blind` those that said so at an instant.
    """

    stage: str
    for_s: float
    took_s: float | None
    stood_s: float
    thin: Mapping[str, Said] = field(default_factory=dict)
    failed: Mapping[str, Said] = field(default_factory=dict)
    blind: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A probe that could not be asked about part of the past."""

    probe: str
    side: str | None
    blind: int
    asked: int
    why: str


@dataclass(frozen=True, slots=True)
class Backtested:
    """What a backtest found."""

    span: Span
    fired: tuple[Fired, ...]
    bakes: tuple[Baked, ...]
    left: tuple[Left, ...]
    unmeasured: tuple[Unmeasured, ...]
    measured: int
    seconds: float

    @property
    def is_bad(self) -> bool:
        """Say whether a trigger would have fired or a gate failed."""
        return bool(self.fired) or any(bake.failed for bake in self.bakes)


def backtest(
    loaded: Loaded, world: PastWorld, span: Span, progress: Progress | None = None
) -> Backtested:
    """Judge the plan's gates and triggers over the past, with the decisions of a run.

    Each bake begins at the beginning of the span, behind those with which it is compared.
    """
    began, plan = time.perf_counter(), loaded.plan
    watching = watch_plan(plan, span.every_s, 2 * (span.until - span.since).total_seconds() + 60)
    baking = [(stage, bake_plan(plan, stage, span.every_s)) for stage in plan.stages if stage.bake]
    count = sum(one is not None for one in (watching, *(one for _, one in baking)))
    told = _Told(progress, max(count, 1))
    fired: tuple[Fired, ...] = ()
    if watching is not None:
        entries, _ = _driven(loaded, watching, world, span, told)
        fired = tuple(_fired(entries, plan))
    bakes = []
    for stage, one in baking:
        if one is not None:
            bakes.append(_baked(stage, *_driven(loaded, one, world, span, told)))
    return Backtested(
        span=span,
        fired=fired,
        bakes=tuple(bakes),
        left=tuple(left_out(plan)),
        unmeasured=tuple(_unmeasured(world)),
        measured=sum(world.asked.values()) - sum(world.blind.values()),
        seconds=time.perf_counter() - began,
    )


@dataclass(slots=True)
class _Told:
    """Tells the part that is done of all plans that are driven."""

    progress: Progress | None
    plans: int
    done: int = 0

    def tell(self, part: float) -> None:
        if self.progress is not None:
            self.progress((self.done + min(part, 1.0)) / self.plans)


def _driven(
    loaded: Loaded, plan: Plan, world: PastWorld, span: Span, told: _Told
) -> tuple[Sequence[Entry], State]:
    """Drive a plan through the past, until it is over or the past is."""
    clock, journal = VirtualClock(span.since), MemoryJournal()
    inputs = without_secrets(loaded.inputs)
    beginning = Beginning(
        f"{plan.name}/backtest", plan, loaded.digest, by="backtest", inputs=inputs
    )
    state = start(journal, beginning, clock.now())
    driver = Driver(world, journal, clock, tuple, MemoryBlobs())
    whole_s, ticks = (span.until - span.since).total_seconds(), 0
    with no_cycles():
        while not state.is_over and clock.now() <= span.until:
            state = driver.tick(state)
            clock.sleep(span.every_s)
            ticks += 1
            if ticks % _LOOKS_EVERY == 0:
                told.tell(ticks * span.every_s / max(whole_s, 1.0))
    told.done += 1
    return journal.entries(), state


def _fired(entries: Iterable[Entry], plan: Plan) -> Iterable[Fired]:
    """Return what fired and what it would have done, each with the time at which it cleared."""
    triggers = {one.label: one for one in plan.triggers}
    found: list[Fired] = []
    for entry in entries:
        data, at = entry.data, datetime.fromisoformat(entry.at)
        if entry.kind == Kind.TRIGGER_FIRED:
            trigger = triggers[str(data["trigger"])]
            do = trigger.else_do if data.get("is_else") else trigger.do
            said = (trigger.label, str(do), trigger.severity, at, str(data["why"]))
            found.append(Fired(*said))
        elif entry.kind == Kind.TRIGGER_CLEARED:
            found = [
                Fired(one.trigger, one.do, one.severity, one.at, one.why, at)
                if one.trigger == data["trigger"] and one.until is None
                else one
                for one in found
            ]
    return found


def _baked(stage: Stage, entries: Sequence[Entry], state: State) -> Baked:
    said: dict[str, dict[str, Said]] = {"THIN": {}, "FAIL": {}, "BLIND": {}}
    began: datetime | None = None
    ended: datetime | None = None
    for entry in entries:
        data, at = entry.data, datetime.fromisoformat(entry.at)
        if entry.kind == Kind.STAGE_STARTED and data["stage"] == stage.name:
            began = at
        elif entry.kind == Kind.STAGE_ENDED and data["stage"] == stage.name:
            ended = at
        elif entry.kind == Kind.JUDGED and began is not None:
            _heard(said, data, at)
    is_in = state.stage_name == stage.name and ended is None
    return Baked(
        stage=stage.name,
        for_s=stage.bake.for_s if stage.bake else 0.0,
        took_s=(ended - began).total_seconds() if began and ended else None,
        stood_s=state.bake.total_s if is_in else 0.0,
        thin=said["THIN"],
        failed=said["FAIL"],
        blind=said["BLIND"],
    )


def _heard(said: dict[str, dict[str, Said]], data: Mapping[str, object], at: datetime) -> None:
    """Count what was not passed; between marks little traffic does not matter (rule 3)."""
    verdicts = data["verdicts"]
    for name, one in verdicts.items() if isinstance(verdicts, Mapping) else ():
        word = one["verdict"]
        if word in said and (word != "THIN" or data.get("mark") is not None):
            said[word].setdefault(name, Said()).add(at, one["why"])


def _unmeasured(world: PastWorld) -> Iterable[Unmeasured]:
    for (probe, side), count in sorted(world.blind.items(), key=str):
        key = (probe, side)
        yield Unmeasured(probe, side, count, world.asked[key], world.why[key])


def tick_of(plan: Plan) -> float:
    """Return how often a backtest looks if nobody says: as often as the plan judges its gates."""
    return min((stage.bake.every_s for stage in plan.stages if stage.bake), default=300.0)


def span_of(since: datetime, until: datetime, every_s: float) -> Span:
    """Return a span with whole seconds."""
    begin = since.replace(microsecond=0)
    return Span(begin, max(until.replace(microsecond=0), begin + timedelta(seconds=1)), every_s)
