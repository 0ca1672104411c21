"""A scenario: what the simulated world does, and what a plan should make of it.

It says what traffic, failures, people and outages do. It cannot set a gate, a verdict or a state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from cutline.plan.duration import Seconds, seconds
from cutline.plan.moment import Instant
from cutline.plan.part import Json, Part
from cutline.plan.probe import FieldType

_MOMENT = re.compile(r"(?P<stage>.+?)(?:\s*\+\s*(?P<after>\S+))?")
# What a probe's field may be said to measure of the simulated work of its side.
METRICS: Mapping[str, FieldType] = {
    "$ok": "int",  # items that ended well in the span
    "$total": "int",  # items that ended in the span
    "$failed": "int",
    "$stuck": "int",  # open at the end of the span, for longer than `stuck_after`
    "$in_flight": "int",  # open at the end of the span
    "$seconds": "list(double)",  # how long each ended item of the span took
    "$errors": "list(string)",  # the error texts of the span
    "$slow_pct": "double",  # per cent of the span's items that took longer than `slow_after`
    "$per_hour": "double",  # items that arrived, an hour
    "$to_v2": "int",  # items of the span that were routed to v2
    "$to_v1": "int",
    "$arrived": "int",  # items of the span, of both sides
    "$switch": "int",  # where the switch stands
}


def jump(text: object) -> object:
    """Read a duration that may be negative: `-1h` is back."""
    if isinstance(text, str) and text.startswith("-"):
        return -float(str(seconds(text.removeprefix("-"))))
    return seconds(text)


Jump = Annotated[float, BeforeValidator(jump)]


def clock_time(text: object) -> object:
    """Read a time of the day, `23:00`; raises `ValueError`."""
    if not isinstance(text, str):
        return text
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time of the day: write 23:00") from None


ClockTime = Annotated[time, BeforeValidator(clock_time)]


class Moment(Part):
    """A stage and a time after its share of traffic came into force, such as `canary+3h`.

    For a stage without a share of its own it is the time after its approval; `start` is when the
    play begins.
    """

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

    since: ClockTime = Field(alias="from")
    until: ClockTime = Field(alias="to")
    per_hour: float = Field(ge=0)


class Traffic(Part):
    """How many items arrive an hour."""

    per_hour: float = Field(default=60.0, ge=0)
    night: Night | None = None
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{zone!r} is no zone: write Europe/Berlin or UTC") from None
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


Command = Literal[
    "pause", "resume", "retry", "extend", "override", "note", "rollback", "abort", "approve", "deny"
]


class Event(Part):
    """Something that happens at a moment, and ends after `for` unless it is for good."""

    at: Moment
    for_s: Seconds | None = Field(default=None, alias="for")
    v1: SideChange | None = None
    v2: SideChange | None = None
    per_hour: float | None = Field(default=None, ge=0)
    probe: str | None = None
    values: dict[str, Json] | None = None
    blind: str | None = None
    moved_by_hand: int | None = Field(default=None, ge=0, le=100)
    switch_lies: bool | None = None
    switch_unreadable: str | None = None
    switch_fails: str | None = None
    driver_absent: bool = False
    clock_jump_s: Jump | None = Field(default=None, alias="clock_jump")
    report: str | None = None
    command: Command | None = None
    by: str = "somebody"
    data: dict[str, Json] = Field(default_factory=dict)

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
    """How a step goes: how long it takes and how it exits, try by try (the last one repeats).

    `then` is what probes say from then on, once it went well. A step that waits for a condition
    really waits for it, unless it is named here.
    """

    takes_s: Seconds = Field(default=60.0, alias="takes")
    exits: tuple[int, ...] = Field(default=(0,), min_length=1)
    cut_off: bool = False
    then: dict[str, dict[str, Json]] = Field(default_factory=dict)


class Expect(Part):
    """What has to come of it. `at` is between two moments, `canary+3h .. canary+4h`."""

    outcome: Literal["complete", "rolled back", "aborted", "waiting"]
    at: str | None = None
    stage: str | None = None
    says: tuple[str, ...] = ()  # words that the story of the run has to contain
    never: tuple[str, ...] = ()

    @field_validator("at")
    @classmethod
    def _at_is_readable(cls, at: str | None) -> str | None:
        if at is not None:
            moments_of(at)
        return at

    @property
    def between(self) -> tuple[Moment, Moment] | None:
        """Return the two moments of `at`; one alone is both."""
        return None if self.at is None else moments_of(self.at)


def moments_of(text: str) -> tuple[Moment, Moment]:
    """Read `canary+3h .. canary+4h`; raises `ValueError`."""
    first, _, second = text.partition("..")
    found = [moment(one) for one in (first, second or first)]
    return Moment.model_validate(found[0]), Moment.model_validate(found[1])


class Scenario(Part):
    """One play. The clock begins at `start` and the play ends after `until` at the latest.

    `uses` names a file beside it with what several scenarios share: keys of this one win, its
    people are asked first, and its events come on top.
    """

    scenario: Literal[1]
    about: str
    uses: str | None = None
    start: Instant
    until_s: Seconds = Field(default=90 * 86400.0, alias="until")
    seed: int = 1
    inputs: dict[str, str | int | float | bool] = Field(default_factory=dict)
    traffic: Traffic = Traffic()
    v1: Side = Side()
    v2: Side = Side()
    probes: dict[str, dict[str, Json]] = Field(default_factory=dict)
    steps: dict[str, StepPlay] = Field(default_factory=dict)
    people: tuple[Answer, ...] = ()
    events: tuple[Event, ...] = ()
    started_by: str = "rehearsal"
    expect: Expect | None = None
