"""A stage of a plan: its steps, its share of traffic, its bake, its gates, its approval."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from cutline.plan.duration import Seconds, seconds
from cutline.plan.part import Part
from cutline.plan.step import Step

MOST_MARKS = 1000
_AT = re.compile(r"T(?:([+-])(\S+))?")
_EVERY = re.compile(r"every\s+(\S+)")


class Approve(Part):
    """Who must approve before a stage begins; `by: [a, b]` is one distinct person for each."""

    by: str | tuple[str, ...]
    quorum: int = Field(default=1, ge=1)
    identity: Literal["claimed", "ssh"] | None = None  # within a stage it is never None
    valid_s: Seconds = Field(default=86400.0, alias="valid")


class Bake(Part):
    """The time for which the gates of a stage must hold."""

    for_s: Seconds = Field(alias="for", gt=0)
    every_s: Seconds = Field(default=300.0, alias="every", gt=0)
    max_gap_s: Seconds | None = Field(default=None, alias="max_gap")
    marks: tuple[Seconds, ...] | str = ()
    max_hold_s: Seconds = Field(default=3600.0, alias="max_hold")
    deadline_s: Seconds | None = Field(default=None, alias="deadline")

    @property
    def gap_s(self) -> float:
        """Return the longest distance of two neighbouring instants that counts."""
        return 3 * self.every_s if self.max_gap_s is None else self.max_gap_s

    @property
    def marks_s(self) -> tuple[float, ...]:
        """Return every mark in seconds of the bake clock; the end of the bake is always one."""
        if isinstance(self.marks, str):
            step_s = _step_of(self.marks)
            count = int(self.for_s / step_s + 1e-9)
            marks = [step_s * (at + 1) for at in range(count)]
        else:
            marks = list(self.marks)
        return tuple(sorted({*marks, self.for_s}))

    @field_validator("marks")
    @classmethod
    def _marks_are_readable(cls, given: tuple[float, ...] | str) -> tuple[float, ...] | str:
        if isinstance(given, str):
            _step_of(given)
        return given

    @model_validator(mode="after")
    def _marks_are_few(self) -> Self:
        if isinstance(self.marks, str) and self.for_s / _step_of(self.marks) > MOST_MARKS:
            raise ValueError(f"more than {MOST_MARKS} marks: people look at each of them")
        return self


def _step_of(text: str) -> float:
    """Return the seconds of `every 12h`; raises `ValueError` for anything else."""
    found = _EVERY.fullmatch(text.strip())
    step_s = seconds(found[1]) if found else None
    if not isinstance(step_s, float) or not step_s > 0:
        raise ValueError(f"{text!r}: write `every 12h` or a list of durations")
    return step_s


class Stage(Part):
    """An ordered part of a plan. `at` is `T-30m` against `window.t0`, missed by at most `slack`."""

    name: str
    approve: Approve | None = None
    at: str | None = None
    slack_s: Seconds = Field(default=600.0, alias="slack")
    steps: tuple[Step, ...] = ()
    percent: int | None = Field(default=None, ge=0, le=100)
    bake: Bake | None = None
    on_fail: Literal["hold", "extend", "rollback"] = "hold"
    gates: tuple[str, ...] = ()

    @property
    def offset_s(self) -> float:
        """Return the seconds from `window.t0` at which the stage begins; 0 without `at`."""
        return 0.0 if self.at is None else offset(self.at)

    @property
    def has_no_return(self) -> bool:
        """Say whether v1 cannot come back after a step of this stage."""
        return any(step.no_return for step in self.steps)

    @field_validator("at")
    @classmethod
    def _at_is_readable(cls, given: str | None) -> str | None:
        if given is not None:
            offset(given)
        return given

    @model_validator(mode="after")
    def _identity_is_said(self) -> Self:
        """Fill in who proves it is who: `ssh` before a step of no return, else `claimed`."""
        if self.approve is not None and self.approve.identity is None:
            identity = "ssh" if self.has_no_return else "claimed"
            said = self.approve.model_copy(update={"identity": identity})
            object.__setattr__(self, "approve", said)  # frozen for everybody else
        return self


def offset(text: str) -> float:
    """Return the seconds of `T-30m` or `T+1h` against `t0`; raises `ValueError`."""
    found = _AT.fullmatch(text.strip())
    value_s = seconds(found[2]) if found and found[2] else 0.0
    if found is None or not isinstance(value_s, float):
        raise ValueError(f"{text!r} is no mark of the window: write T-30m, T or T+1h")
    return -value_s if found[1] == "-" else value_s
