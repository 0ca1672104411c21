"""`count`: one figure, equal on both sides."""

from __future__ import annotations

from cutline.parity.context import Context, failed, result, whole
from cutline.parity.report import CheckResult, Outcome
from cutline.parity.suite import Count
from cutline.parity.workbench import SIDES

FIGURE = "figure"


def judge(context: Context, check: Count) -> CheckResult:
    """Compare the figure; 0 on both sides compares nothing."""
    left, right = (_figure(context, check, side) for side in SIDES)
    sides = {FIGURE: f"{left}"}, {FIGURE: f"{right}"}
    if left == right == 0:
        return result(check, Outcome.NOT_EXERCISED, "0 on both sides", sides)
    if left == right:
        return result(check, Outcome.PASS, f"{left} on both sides", sides)
    message = f"{left} in the baseline, {right} in the candidate ({right - left:+d})"
    return whole(context, check, result(check, failed(check), message, sides))


def _figure(context: Context, check: Count, side: str) -> int:
    sql = f"SELECT {check.measure} FROM {context.relation(side, check)}"
    return int(context.bench.one(sql)[0])
