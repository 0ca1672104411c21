"""A gate of a plan: a condition on readings that blocks, or warns."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cutline.plan.duration import Seconds
from cutline.plan.kind import Kinds


class Gate(Kinds):
    """One condition. Fields of probes are written `probe.field`; `check` is CEL.

    `check: …` | `rate: p.f, of: p.f, at_least|at_most|than+margin` |
    `quantile: 0.95, of: p.f, at_most|than+margin|margin_pct` | `no_new: p.f, than` |
    `no_upward: p.f, margin|margin_pct` | `attest: words, equals: value`.
    """

    kinds: ClassVar[tuple[str, ...]] = (
        "check",
        "rate",
        "quantile",
        "no_new",
        "no_upward",
        "attest",
    )

    check: str | None = None
    rate: str | None = None
    quantile: float | None = Field(default=None, gt=0, lt=1)
    no_new: str | None = None
    no_upward: str | None = None
    attest: str | None = None

    of: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    than: str | None = None
    margin: float | None = Field(default=None, ge=0)
    margin_pct: float | None = Field(default=None, ge=0)
    worse: Literal["lower", "higher"] | None = None  # a rate is worse lower, a quantile higher
    equals: str | int | float | bool | None = None
    sure: float = Field(default=95.0, gt=50, lt=100)
    needs: int = Field(default=20, ge=0)
    tolerate_s: Seconds = Field(default=0.0, alias="tolerate")
    at: Literal["instants", "marks", "end"] = "instants"
    severity: Literal["BLOCKER", "WARNING"] = "BLOCKER"
    diagnose: tuple[str, ...] = ()
    about: str = ""
    fix: str = ""
