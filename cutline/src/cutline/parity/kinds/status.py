"""`status`: every row of both sides fulfils a condition."""

from __future__ import annotations

from dataclasses import replace

from cutline.parity.context import Context, failed, result
from cutline.parity.report import CheckResult, Difference, Differences, Outcome
from cutline.parity.suite import Status
from cutline.parity.workbench import SIDES, name


def judge(context: Context, check: Status) -> CheckResult:
    """Count the rows that do not fulfil the condition; a NULL condition is not fulfilled."""
    figures = {side: _figures(context, check, side) for side in SIDES}
    rows = [total for total, _ in figures.values()]
    wrong = sum(bad for _, bad in figures.values())
    sides = tuple(
        {"rows": f"{total}", "not fulfilled": f"{bad}"} for total, bad in figures.values()
    )
    if not any(rows):
        return result(check, Outcome.NOT_EXERCISED, "no rows on either side", (sides[0], sides[1]))
    if not wrong:
        return result(check, Outcome.PASS, f"all {sum(rows)} rows", (sides[0], sides[1]))
    found = _differences(context, check)
    outcome = failed(check) if found.total else Outcome.PASS
    message = f"{wrong} of {sum(rows)} rows do not fulfil: {check.holds}"
    return replace(result(check, outcome, message, (sides[0], sides[1])), differences=found)


def _figures(context: Context, check: Status, side: str) -> tuple[int, int]:
    relation = context.relation(side, check)
    sql = f"SELECT count(*), count(*) FILTER (NOT coalesce({check.holds}, false)) FROM {relation}"
    total, wrong = context.bench.one(sql)
    return total, wrong


def _differences(context: Context, check: Status) -> Differences:
    key = context.suite.relation(check.dataset).key
    shown = " || '|' || ".join(f"coalesce({name(k)}, 'NULL')" for k in key) or "'row'"
    approvers = dict(context.waived_by(check))
    counts = {"baseline": 0, "candidate": 0}
    waived: list[str] = []
    samples: list[Difference] = []
    for side in SIDES:
        relation = context.relation(side, check)
        where = f"NOT coalesce({check.holds}, false)"
        rows = context.bench.connection.execute(
            f"SELECT {shown} FROM {relation} WHERE {where} ORDER BY 1"
        )
        while found := rows.fetchmany(10_000):
            for (at,) in found:
                approver = approvers.get(at, "")
                waived += [at] if approver else []
                counts[side] += not approver
                if len(samples) < context.options.samples:
                    samples.append(Difference(f"not fulfilled in {side}", at, waived=approver))
    return Differences(
        counts["baseline"],
        counts["candidate"],
        0,
        len(waived),
        tuple(samples),
        tuple(sorted({*waived})),
    )
