"""What a comparison found: verdicts as data, without values unless they were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from cutline.errors import Exit
from cutline.parity.suite import Severity


class Outcome(StrEnum):
    """What one check found. NOT_EXERCISED is never a pass: there was nothing to compare."""

    PASS = "PASS"  # noqa: S105  # a verdict, not a password
    WARN = "WARN"
    FAIL = "FAIL"
    NOT_EXERCISED = "NOT EXERCISED"


class Verdict(StrEnum):
    """What a comparison says as a whole."""

    GO = "GO"
    NO_GO = "NO-GO"
    NOT_PROVEN = "NOT PROVEN"


EXITS = {
    Verdict.GO: Exit.OK,
    Verdict.NO_GO: Exit.BLOCKED,
    Verdict.NOT_PROVEN: Exit.NOT_MEASURED,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One item that differs, by its stable key: it is only on one side, or changed.

    `fields` names what differs in a changed item. The values are there only with `show_values`.
    `waived` names who approved it.
    """

    kind: str
    key: str
    fields: tuple[str, ...] = ()
    baseline: Mapping[str, str | None] | None = None
    candidate: Mapping[str, str | None] | None = None
    waived: str = ""


@dataclass(frozen=True, slots=True)
class Differences:
    """Exact totals, and a bounded sample of them. Waived differences are counted apart."""

    only_in_baseline: int = 0
    only_in_candidate: int = 0
    changed: int = 0
    waived: int = 0
    samples: tuple[Difference, ...] = ()
    waived_keys: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Return how many items differ and are not waived."""
        return self.only_in_baseline + self.only_in_candidate + self.changed


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found, in figures of both sides."""

    name: str
    title: str
    kind: str
    severity: Severity
    outcome: Outcome
    message: str
    baseline: Mapping[str, str] = field(default_factory=dict)
    candidate: Mapping[str, str] = field(default_factory=dict)
    differences: Differences = Differences()
    note: str = ""

    @property
    def blocks(self) -> bool:
        """Say whether this result forbids a GO."""
        return self.outcome is Outcome.FAIL and self.severity is Severity.BLOCKER


@dataclass(frozen=True, slots=True)
class ApartFound:
    """What the candidate holds and the baseline could not: counted by reason, never in silence."""

    total: int = 0
    by_reason: Mapping[str, int] = field(default_factory=dict)
    unexplained: int = 0
    contradicted: int = 0
    samples: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """What became of one waiver: how many differences it covered, or why it covered none."""

    check: str
    keys: tuple[str, ...]
    reason: str
    approver: str
    expiry: str
    used: int
    unused: tuple[str, ...]
    state: str
    """`used`, `unused` or `expired`."""

    def as_json(self) -> dict[str, Any]:
        """Return the waiver as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Report:
    """One pair, judged."""

    suite: str
    mode: str
    baseline: Mapping[str, str]
    candidate: Mapping[str, str]
    checks: tuple[CheckResult, ...]
    apart: ApartFound = ApartFound()
    waivers: tuple[WaiverUse, ...] = ()
    strict: bool = False
    elapsed_s: float = 0.0

    @property
    def not_exercised(self) -> tuple[str, ...]:
        """Return the names of the gates that had nothing to compare."""
        return tuple(c.name for c in self.checks if c.outcome is Outcome.NOT_EXERCISED)

    @property
    def blockers(self) -> tuple[str, ...]:
        """Return the names of the gates that forbid a GO."""
        return tuple(c.name for c in self.checks if c.blocks)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return the names of the gates that do not hold and do not forbid a GO."""
        return tuple(c.name for c in self.checks if not c.blocks and _is_warning(c))

    @property
    def verdict(self) -> Verdict:
        """Return GO, NO_GO or NOT_PROVEN; `strict` makes warnings and idle gates count."""
        if self.blockers or (self.strict and self.warnings):
            return Verdict.NO_GO
        if len(self.not_exercised) == len(self.checks) or (self.strict and self.not_exercised):
            return Verdict.NOT_PROVEN
        return Verdict.GO

    @property
    def exit_code(self) -> Exit:
        """Return the exit code of the verdict."""
        return EXITS[self.verdict]

    def as_json(self) -> dict[str, Any]:
        """Return the report as it is written by `--json-out`."""
        return {
            "format": 1,
            **asdict(self),
            "verdict": self.verdict,
            "exit_code": int(self.exit_code),
            "blockers": list(self.blockers),
            "warnings": list(self.warnings),
            "not_exercised": list(self.not_exercised),
        }


def _is_warning(result: CheckResult) -> bool:
    return result.outcome in (Outcome.WARN, Outcome.FAIL)
