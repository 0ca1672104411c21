"""A trigger of a plan: a symptom, its severity and what is done about it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cutline.plan.duration import Seconds
from cutline.plan.kind import Kinds

Severity = Literal["critical", "high", "medium", "low"]
Do = Literal["rollback", "pause", "extend", "ask", "notify"]


class Trigger(Kinds):
    """`rate … below|above`, `when: CEL`, or `report: word` raised by a person."""

    kinds: ClassVar[tuple[str, ...]] = ("rate", "when", "report")

    name: str | None = None
    rate: str | None = None
    when: str | None = None
    report: str | None = None

    of: str | None = None
    below: float | None = None
    above: float | None = None
    sure: float = Field(default=95.0, gt=50, lt=100)
    needs: int = Field(default=1, ge=0)
    for_s: Seconds = Field(default=0.0, alias="for")
    severity: Severity
    do: Do
    else_do: Do | None = Field(default=None, alias="else")
    after_s: Seconds | None = Field(default=None, alias="after")
    by_s: Seconds = Field(default=21600.0, alias="by")
    incident: bool = False
    diagnose: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the name by which entries and people call the trigger."""
        if self.name is not None:
            return self.name
        if self.report is not None:
            return f"report {self.report}"
        if self.when is not None:
            return self.when
        word, bound = ("below", self.below) if self.above is None else ("above", self.above)
        return f"{self.rate} of {self.of} {word} {0 if bound is None else bound:g}"
