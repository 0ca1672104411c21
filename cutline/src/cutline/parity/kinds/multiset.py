"""`multiset`: the same rows, as often, on both sides. The shared scans have found what differs."""

from __future__ import annotations

from dataclasses import replace

from cutline.parity.context import Context, failed, result
from cutline.parity.report import CheckResult, Differences, Outcome
from cutline.parity.suite import Multiset


def judge(context: Context, check: Multiset) -> CheckResult:
    """Say what the comparison of this check found; no rows on both sides compare nothing."""
    found = context.compared[check.name]
    sides = {"rows": f"{found.baseline_rows}"}, {"rows": f"{found.candidate_rows}"}
    if not found.baseline_rows and not found.candidate_rows:
        return result(check, Outcome.NOT_EXERCISED, "no rows on either side", sides)
    outcome = failed(check) if found.differences.total else Outcome.PASS
    message = tell(found.differences) or f"the same {found.baseline_rows} rows"
    return replace(result(check, outcome, message, sides), differences=found.differences)


def tell(found: Differences) -> str:
    """Return the totals of differences as a sentence; empty if there are none."""
    parts = (
        (found.only_in_baseline, "only in the baseline"),
        (found.only_in_candidate, "only in the candidate"),
        (found.changed, "changed"),
        (found.waived, "waived"),
    )
    return ", ".join(f"{n} {what}" for n, what in parts if n)
