"""`ratio`: a figure that may differ a little: WARNING beyond one bound, BLOCKER beyond the next."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from cutline.parity.context import Context, result, whole
from cutline.parity.report import CheckResult, Outcome
from cutline.parity.suite import Ratio, Severity
from cutline.parity.workbench import SIDES

FIGURE = "figure"


def judge(context: Context, check: Ratio) -> CheckResult:
    """Judge the deviation or the quotient exactly; 0 or nothing on both sides compares nothing."""
    left, right = (_figure(context, check, side) for side in SIDES)
    sides = {FIGURE: _text(left, check)}, {FIGURE: _text(right, check)}
    if not left and not right:
        return result(check, Outcome.NOT_EXERCISED, "nothing on either side", sides)
    if not left or right is None:
        message = f"{_text(left, check)} in the baseline, {_text(right, check)} in the candidate"
        return whole(context, check, _off(check, message, sides, blocks=_can_block(check)))
    ratio = right / left if check.quotient else abs(right - left) / left
    message = _message(check, left, right, ratio)
    if _beyond(ratio, check.block_above, check.block_below):
        return whole(context, check, _off(check, message, sides, blocks=True))
    if _beyond(ratio, check.warn_above, check.warn_below):
        return whole(context, check, _off(check, message, sides, blocks=False))
    return result(check, Outcome.PASS, message, sides)


def _figure(context: Context, check: Ratio, side: str) -> Fraction | None:
    sql = f"SELECT CAST({check.measure} AS VARCHAR) FROM {context.relation(side, check)}"
    value = context.bench.one(sql)[0]
    return None if value is None else Fraction(value)


def _beyond(ratio: Fraction, above: Fraction | None, below: Fraction | None) -> bool:
    return (above is not None and ratio > above) or (below is not None and ratio < below)


def _can_block(check: Ratio) -> bool:
    return check.block_above is not None or check.block_below is not None


def _off(
    check: Ratio, message: str, sides: tuple[dict[str, str], dict[str, str]], *, blocks: bool
) -> CheckResult:
    severity = Severity.BLOCKER if blocks else Severity.WARNING
    outcome = Outcome.FAIL if blocks else Outcome.WARN
    return replace(result(check, outcome, message, sides), severity=severity)


def _message(check: Ratio, left: Fraction, right: Fraction, ratio: Fraction) -> str:
    judged = (
        f"{float(ratio):.3f} of the baseline"
        if check.quotient
        else f"off by {float(ratio) * 100:.2f} %"
    )
    return f"{_text(left, check)} in the baseline, {_text(right, check)} in the candidate: {judged}"


def _text(value: Fraction | None, check: Ratio) -> str:
    if value is None:
        return "nothing"
    number = f"{value.numerator}" if value.denominator == 1 else f"{float(value):.4f}"
    return f"{number} {check.unit}".rstrip()
