"""What a check needs to be judged: workbench, suite, options, and the waivers that apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cutline.parity.report import CheckResult, Difference, Differences, Outcome
from cutline.parity.side import Options
from cutline.parity.suite import Check, Severity, Suite
from cutline.parity.workbench import Workbench, name


@dataclass(frozen=True, slots=True)
class MultisetFound:
    """How many rows a multiset check compared on each side, and how they differ."""

    baseline_rows: int
    candidate_rows: int
    differences: Differences


@dataclass(frozen=True, slots=True)
class Context:
    """The same for every check of a comparison.

    `compared` holds what the shared scans found, by check.
    """

    bench: Workbench
    suite: Suite
    options: Options
    compared: Mapping[str, MultisetFound]

    def relation(self, side: str, check: Check) -> str:
        """Return the rows of a side that the check is about, as something to select from."""
        relation = f"{side}.{name(check.dataset)}"
        return f"(SELECT * FROM {relation} WHERE {check.where})" if check.where else relation

    def waived_by(self, check: Check) -> tuple[tuple[str, str], ...]:
        """Return the waived keys of a check, each with who approved it; none that is expired."""
        return tuple(
            (key, waiver.approver)
            for waiver in self.options.waivers
            if waiver.check == check.name and not waiver.is_expired(self.options.today)
            for key in waiver.keys
        )


def result(
    check: Check, outcome: Outcome, message: str, sides: tuple[Mapping[str, str], Mapping[str, str]]
) -> CheckResult:
    """Return the result of a check with the figures of both sides."""
    return CheckResult(
        check.name,
        check.title,
        type(check).__name__.lower(),
        check.severity,
        outcome,
        message,
        *sides,
        note=check.note,
    )


def whole(context: Context, check: Check, found: CheckResult) -> CheckResult:
    """Let a waiver with the key `total` cover a figure that is not made of single items."""
    if found.outcome not in {Outcome.FAIL, Outcome.WARN}:
        return found
    approver = dict(context.waived_by(check)).get("total")
    sample = Difference("changed", "total", waived=approver or "")
    if approver is None:
        return replace(found, differences=Differences(changed=1, samples=(sample,)))
    return replace(
        found,
        outcome=Outcome.PASS,
        message=f"{found.message}; waived by {approver}",
        differences=Differences(waived=1, samples=(sample,), waived_keys=("total",)),
    )


def failed(check: Check) -> Outcome:
    """Return what a check that does not hold comes to by its severity."""
    return Outcome.FAIL if check.severity is Severity.BLOCKER else Outcome.WARN
