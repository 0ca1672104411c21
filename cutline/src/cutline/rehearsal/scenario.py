"""A scenario: what the simulated world does, and what a plan should make of it.

It says what traffic, failures, people and outages do. It cannot set a gate, a verdict or a state.
"""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from cutline.plan.duration import Seconds, seconds
from cutline.plan.part import Part

_MOMENT = re.compile(r"(?P<stage>.+?)(?:\s*\+\s*(?P<after>\S+))?")
# What a probe's field may be said to measure of the simulated work of its side.
METRICS = (
    "$ok",  # items that arrived in the span and ended well
    "$total",  # items that arrived in the span and ended, or are stuck
    "$failed",
    "$stuck",  # items that never end and are older than `stuck_after`
    "$in_flight",
    "$seconds",  # how long each ended item of the span took
    "$errors",  # the error texts of the span
    "$slow_pct",  # per cent of the span's ended items that took longer than `slow_after`
    "$per_hour",  # items that arrived, an hour
    "$to_v2",  # items of the span that were routed to v2
    "$arrived",  # items of the span, of both sides
    "$switch",  # where the switch stands
)


def jump(text: object) -> object:
    """Read a duration that may be negative: `-1h` is back."""
    if isinstance(text, str) and text.startswith("-"):
        return -float(str(seconds(text.removeprefix("-"))))
    return seconds(text)


Jump = Annotated[float, BeforeValidator(jump)]


class Moment(Part):
    """A stage and a time after its share of traffic was set, such as `canary+3h`."""

    stage: str
    after_s: float = 0.0


def moment(text: object) -> object:
    """Read `canary+3h`, `canary`, `start+10m`; raises `ValueError`."""
    if not isinstance(text, str):
        return text
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r}: write a stage and a time after it began, such as canary+3h")
    after = seconds(found["after"]) if found["after"] else 0.0
    return Moment(stage=found["stage"].strip(), after_s=float(str(after)))


class Night(Part):
    """Hours of less traffic; they may pass midnight."""

    since: time = Field(alias="from")
    until: time = Field(alias="to")
    per_hour: float = Field(ge=0)


class Traffic(Part):
    """How many items arrive an hour."""

    per_hour: float = Field(default=60.0, ge=0)
    night: Night | None = None
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        ZoneInfo(zone)
        return zone


class Side(Part):
    """How one side does its work: per cent that fail or get stuck, the median of its seconds."""

    fails_pct: float = Field(default=0.5, ge=0, le=100)
    stuck_pct: float = Field(default=0.0, ge=0, le=100)
    median_s: Seconds = Field(default=60.0, alias="median")
    spread: float = Field(default=0.6, ge=0)  # sigma of the logarithm
    errors: tuple[str, ...] = ("upstream timed out",)
    stuck_after_s: Seconds = Field(default=7200.0, alias="stuck_after")
    slow_after_s: Seconds = Field(default=1800.0, alias="slow_after")


class SideChange(Part):
    """What an event changes of a side."""

    fails_pct: float | None = Field(default=None, ge=0, le=100)
    stuck_pct: float | None = Field(default=None, ge=0, le=100)
    median_s: Seconds | None = Field(default=None, alias="median")
    errors: tuple[str, ...] | None = None


class Event(Part):
    """Something that happens at a moment, and ends after `for` unless it is for good."""

    at: Moment
    for_s: Seconds | None = Field(default=None, alias="for")
    v1: SideChange | None = None
    v2: SideChange | None = None
    per_hour: float | None = Field(default=None, ge=0)
    probe: str | None = None
    values: dict[str, Any] | None = None
    blind: str | None = None
    moved_by_hand: int | None = Field(default=None, ge=0, le=100)
    switch_lies: bool | None = None
    switch_unreadable: str | None = None
    driver_absent: bool = False
    clock_jump_s: Jump | None = Field(default=None, alias="clock_jump")
    report: str | None = None
    command: str | None = None  # pause, resume, rollback, abort, retry, extend, …
    by: str = "somebody"
    data: dict[str, Any] = Field(default_factory=dict)

    @field_validator("at", mode="before")
    @classmethod
    def _moment(cls, text: object) -> object:
        return moment(text)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.probe is None and (self.values is not None or self.blind is not None):
            raise ValueError("values and blind want `probe`: whose?")
        if self.driver_absent and self.for_s is None:
            raise ValueError("an absence of the driver wants `for`")
        return self


class Answer(Part):
    """What people do when a checkpoint opens; `*` is any checkpoint."""

    checkpoint: str
    by: tuple[str, ...] | str
    after_s: Seconds = Field(default=1200.0, alias="after")
    do: Literal["approve", "deny"] = "approve"
    value: str | int | float | bool | None = None
    note: str = ""


class StepPlay(Part):
    """How a step goes: how long it takes and how it exits, try by try (the last one repeats)."""

    takes_s: Seconds = Field(default=60.0, alias="takes")
    exits: tuple[int, ...] = Field(default=(0,), min_length=1)
    cut_off: bool = False


class Expect(Part):
    """What has to come of it. `at` is between two moments, `canary+3h .. canary+4h`."""

    outcome: Literal["complete", "rolled back", "aborted", "waiting"]
    at: str | None = None
    stage: str | None = None
    says: tuple[str, ...] = ()  # words that the story of the run has to contain
    never: tuple[str, ...] = ()

    @property
    def between(self) -> tuple[Moment, Moment] | None:
        """Return the two moments of `at`; one alone is given a minute before and a tick after."""
        if self.at is None:
            return None
        first, _, second = self.at.partition("..")
        return Moment.model_validate(moment(first)), Moment.model_validate(moment(second or first))


class Scenario(Part):
    """One play. The clock begins at `start` and the play ends after `until` at the latest."""

    scenario: Literal[1]
    about: str
    start: datetime
    until_s: Seconds = Field(default=90 * 86400.0, alias="until")
    seed: int = 1
    inputs: dict[str, str | int | float | bool] = Field(default_factory=dict)
    traffic: Traffic = Traffic()
    v1: Side = Side()
    v2: Side = Side()
    probes: dict[str, dict[str, Any]] = Field(default_factory=dict)
    steps: dict[str, StepPlay] = Field(default_factory=dict)
    people: tuple[Answer, ...] = ()
    events: tuple[Event, ...] = ()
    started_by: str = "rehearsal"
    expect: Expect | None = None

    @field_validator("start")
    @classmethod
    def _zone(cls, start: datetime) -> datetime:
        if start.tzinfo is None:
            raise ValueError("start names no zone: write 2026-03-02T09:00:00Z")
        return start
