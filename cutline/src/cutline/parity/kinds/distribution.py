"""`distribution`: as many rows in each group on both sides."""

from __future__ import annotations

from dataclasses import replace

from cutline.parity.context import Context, failed, result
from cutline.parity.drill import Compared, differences
from cutline.parity.kinds.multiset import tell
from cutline.parity.report import CheckResult, Outcome
from cutline.parity.suite import Distribution
from cutline.parity.workbench import SIDES, encode


def judge(context: Context, check: Distribution) -> CheckResult:
    """Compare groups and their counts exactly; a group is named by a digest of its value."""
    groups = [context.bench.keep(_grouped(context, check, side)) for side in SIDES]
    totals = [
        context.bench.one(f"SELECT count(*), sum(CAST(rows AS BIGINT)) FROM {g}") for g in groups
    ]
    sides = tuple({"groups": f"{n}", "rows": f"{rows or 0}"} for n, rows in totals)
    if not any(n for n, _ in totals):
        return result(check, Outcome.NOT_EXERCISED, "no rows on either side", (sides[0], sides[1]))
    found = differences(
        context.bench,
        Compared(
            groups[0],
            groups[1],
            columns=(*check.by, "rows"),
            key=("group",),
            shown=context.options.show_values,
            waived_by=context.waived_by(check),
            samples=context.options.samples,
        ),
    )
    outcome = failed(check) if found.total else Outcome.PASS
    message = tell(found) or f"the same {totals[0][0]} groups"
    return replace(result(check, outcome, message, (sides[0], sides[1])), differences=found)


def _grouped(context: Context, check: Distribution, side: str) -> str:
    columns = ", ".join(f'"{column}"' for column in check.by)
    group = f"'group ' || left(sha256({encode(check.by)}), 16) AS \"group\""
    rows = "CAST(count(*) AS VARCHAR) AS rows"
    return (
        f"SELECT {columns}, {group}, {rows} FROM {context.relation(side, check)} GROUP BY {columns}"
    )
