"""A stage of a plan: its steps, its share of traffic, its bake, its gates, its approval."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from cutline.plan.duration import Seconds, seconds
from cutline.plan.part import Part
from cutline.plan.step import Step

_EVERY = re.compile(r"every\s+(\S+)")


class Approve(Part):
    """Who must approve before a stage begins; `by: [a, b]` is one distinct person for each."""

    by: str | tuple[str, ...]
    quorum: int = Field(default=1, ge=1)
    identity: Literal["claimed", "ssh"] = "claimed"
    valid_s: Seconds = Field(default=86400.0, alias="valid")


class Bake(Part):
    """The time for which the gates of a stage must hold."""

    for_s: Seconds = Field(alias="for")
    every_s: Seconds = Field(default=300.0, alias="every")
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
            found = _EVERY.fullmatch(self.marks.strip())
            if found is None:
                raise ValueError(f"{self.marks!r}: write `every 12h` or a list of durations")
            step_s = float(str(seconds(found[1])))
            count = int(self.for_s / step_s + 1e-9)
            marks = [step_s * (at + 1) for at in range(count)]
        else:
            marks = list(self.marks)
        return tuple(sorted({*marks, self.for_s}))

    @model_validator(mode="after")
    def _marks_are_readable(self) -> Self:
        if self.every_s <= 0:
            raise ValueError("every must be more than 0")
        if any(mark > self.for_s for mark in self.marks_s):
            raise ValueError("a bake shorter than its marks: every mark lies within `for`")
        return self


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
