"""`presence`: the candidate has a value about as often as the baseline, or more often."""

from __future__ import annotations

from fractions import Fraction

from cutline.parity.context import Context, failed, result, whole
from cutline.parity.report import CheckResult, Outcome
from cutline.parity.suite import Presence
from cutline.parity.workbench import SIDES, name


def judge(context: Context, check: Presence) -> CheckResult:
    """Compare percentages exactly; 0 % on both sides compares nothing."""
    figures = [_figures(context, check, side) for side in SIDES]
    sides = tuple(
        {"rows": f"{rows}", "with": f"{found}", "per cent": _text(rows, found)}
        for rows, found in figures
    )
    both = sides[0], sides[1]
    if not any(found for _, found in figures):
        return result(check, Outcome.NOT_EXERCISED, "0 % on both sides", both)
    if any(rows == 0 for rows, _ in figures):
        return whole(context, check, result(check, failed(check), "one side has no rows", both))
    left, right = (Fraction(found * 100, rows) for rows, found in figures)
    message = f"{both[0]['per cent']} % in the baseline, {both[1]['per cent']} % in the candidate"
    if right >= left - check.tolerance_points:
        return result(check, Outcome.PASS, message, both)
    return whole(context, check, result(check, failed(check), message, both))


def _figures(context: Context, check: Presence, side: str) -> tuple[int, int]:
    column = name(check.column)
    relation = context.relation(side, check)
    has = f"{column} IS NOT NULL AND {column} <> ''"
    sql = f"SELECT count(*), count(*) FILTER ({has}) FROM {relation}"
    rows, found = context.bench.one(sql)
    return rows, found


def _text(rows: int, found: int) -> str:
    return f"{found * 100 / rows:.2f}" if rows else "0.00"
