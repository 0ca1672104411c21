"""The state of a run: the fold of its journal, and nothing else (`cutline.run.fold`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cutline.plan.model import Plan
from cutline.plan.stage import Stage
from cutline.run.bake import BakeClock
from cutline.run.checkpoint import Checkpoint
from cutline.run.message import Message
from cutline.run.reading import Scalar
from cutline.run.stepping import StepState
from cutline.run.traffic import Traffic
from cutline.run.transitions import Back, Phase
from cutline.run.watched import GateSeen, Watched
from cutline.run.world import Notice


@dataclass(frozen=True, slots=True)
class Origin:
    """How a run began. `inputs` are the values that the plan names; secret ones are «set»."""

    run: str
    by: str
    at: datetime
    inputs: Mapping[str, Scalar] = field(default_factory=dict)
    follows: str = ""
    fixed: str = ""
    factor: float = 1.0
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Why the run waits for a person. `reason` is a stable word by which it is resumed."""

    reason: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Override:
    """A named, expiring exception by people."""

    what: str
    name: str
    until: datetime
    reason: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deviation:
    """What the summary has to list first."""

    what: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MarkTaken:
    """A mark of a stage with the verdicts of every gate that was judged there."""

    stage: str
    mark_s: float
    at: datetime
    verdicts: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Rollback:
    """A rollback under way; `since` is when its present state began."""

    why: str
    by: str
    trigger: str
    is_abort: bool
    at: datetime
    state: Back = Back.LOWERING
    since: datetime | None = None
    is_diagnosed: bool = False
    is_drained: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """An amendment or an override that waits for its approvals; `data` is what was asked for."""

    checkpoint: str
    verb: str
    by: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Probes that are to be asked because a gate or a trigger wants it."""

    name: str
    why: str
    probes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heads:
    """The signed heads: which one is owed, and what the last one was."""

    owed: str = ""
    at: datetime | None = None
    is_anchored: bool = False
    why: str = ""


# No slots: each tick makes new states, and `changed` copies a `__dict__` five times faster.
@dataclass(frozen=True)
class State:
    """Everything that the next decision depends on.

    `at` is the instant of the last entry, `ticked_at` of the last tick. `stage_index` is -1 before
    the first stage. `raised_at` is when this stage's traffic came into force. `checkpoints`
    are by name, `gates` of the stage in force and the one before, `triggers` by label, `steps` by
    stage and step. `inbox` are accepted messages not yet carried out, `taken` the ids of all.
    `readings` are those of the last tick as the journal has them. `owed` are notices that people
    have still to be told. `outcome` is complete, rolled back or aborted, once CLOSED.
    """

    origin: Origin
    plan: Plan
    plan_digest: str
    at: datetime
    involved: frozenset[str]
    ticked_at: datetime | None = None
    stage_index: int = -1
    phase: Phase = Phase.BETWEEN
    stage_at: datetime | None = None
    raised_at: datetime | None = None
    is_due: bool = False  # the instant that the stage names with `at` has come
    files: Mapping[str, str] = field(default_factory=dict)  # digests of what the plan names
    excused: frozenset[str] = frozenset()  # pauses of this stage that a person resumed
    baseline_at: datetime | None = None  # when it was last tried to take the baseline
    extended_at: datetime | None = None  # when a failed gate last added time
    extra_s: float = 0.0  # what was added to `for` of this stage
    traffic: Traffic = field(default_factory=Traffic)
    bake: BakeClock = field(default_factory=BakeClock)
    gates: Mapping[str, GateSeen] = field(default_factory=dict)
    triggers: Mapping[str, Watched] = field(default_factory=dict)
    pauses: Mapping[str, Pause] = field(default_factory=dict)
    checkpoints: Mapping[str, Checkpoint] = field(default_factory=dict)
    steps: Mapping[tuple[str, str], StepState] = field(default_factory=dict)
    attested: Mapping[str, Scalar] = field(default_factory=dict)
    baselines: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    series: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    marks: tuple[MarkTaken, ...] = ()
    rollback: Rollback | None = None
    no_return: tuple[str, str] | None = None  # stage and step behind which v1 cannot come back
    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    reported: frozenset[str] = frozenset()  # words of `cutline report` that stand
    inbox: tuple[Message, ...] = ()
    taken: frozenset[str] = frozenset()
    readings: tuple[Mapping[str, Any], ...] = ()
    offsets: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    owed: tuple[Notice, ...] = ()
    heads: Heads = field(default_factory=Heads)
    outcome: str | None = None

    @property
    def run(self) -> str:
        """Return the run's id."""
        return self.origin.run

    @property
    def stage(self) -> Stage | None:
        """Return the stage that the run is in; None before the first."""
        return self.plan.stages[self.stage_index] if self.stage_index >= 0 else None

    @property
    def stage_name(self) -> str:
        """Return the name of that stage, or nothing."""
        return self.plan.stages[self.stage_index].name if self.stage_index >= 0 else ""

    @property
    def is_paused(self) -> bool:
        """Say whether the run waits for a person to resume it."""
        return bool(self.pauses)

    @property
    def is_over(self) -> bool:
        """Say whether the run is closed."""
        return self.outcome is not None

    @property
    def open_triggers(self) -> tuple[str, ...]:
        """Return the labels of the triggers that fired and were not cleared."""
        return tuple(label for label, seen in self.triggers.items() if seen.fired_at is not None)

    @property
    def asks(self) -> tuple[Checkpoint, ...]:
        """Return the checkpoints that wait for people."""
        return tuple(point for point in self.checkpoints.values() if point.is_open)

    @property
    def verdict(self) -> str:
        """Return what the run's summary says of it: PASS, PASS WITH DEVIATIONS or FAIL."""
        if self.rollback is not None:
            return "FAIL"
        return "PASS WITH DEVIATIONS" if self.deviations else "PASS"

    def changed(self, **changes: object) -> State:
        """Return the state with some fields changed; `dataclasses.replace`, made for each tick.

        Raises `TypeError` for a name that is no field.
        """
        found = object.__new__(State)
        values = found.__dict__
        values.update(self.__dict__)
        count = len(values)
        values.update(changes)
        if len(values) != count:
            raise TypeError(f"a state has no {', '.join(changes.keys() - self.__dict__.keys())}")
        return found

    def override(self, what: str, name: str) -> Override | None:
        """Return the override in force for a gate, a bake or a trigger."""
        for one in self.overrides:
            if one.what == what and one.name == name:
                return one
        return None
