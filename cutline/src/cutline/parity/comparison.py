"""One pair, judged: open, refuse or stage, set apart, compare, waive."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from cutline.errors import CannotMeasure
from cutline.parity import apart, kinds, waived
from cutline.parity.context import Context
from cutline.parity.narrow import Seeds
from cutline.parity.places import Cancelled
from cutline.parity.report import CheckResult, Report
from cutline.parity.scans import multisets
from cutline.parity.side import Options, Side
from cutline.parity.staging import Remote, stage
from cutline.parity.suite import Suite
from cutline.parity.workbench import SideName, Workbench, literal, readable


class NotComparable(CannotMeasure):
    """This pair proves nothing, whatever its rows are: it is refused before they are compared."""

    code = "not-comparable"


def judge(
    suite: Suite, *, baseline: Side, candidate: Side, options: Options | None = None
) -> Report:
    """Compare a candidate with a baseline by a suite and return what was found.

    A difference is data in the report. Raises `CannotMeasure` where a side cannot be read, and
    `NotComparable` where the pair is refused: the same side twice, or a refusal of the suite.
    Nothing is written to either side; each is read on one snapshot, every table in one pass.
    """
    options = options or Options()
    report = compare(suite, baseline, candidate, options)
    uses = waived.waiver_uses(options, report.checks)
    gate = waived.judge(uses)
    return replace(report, checks=(*report.checks, *((gate,) if gate else ())), waivers=uses)


def compare(suite: Suite, baseline: Side, candidate: Side, options: Options) -> Report:
    """Compare as `judge` does, but leave open whether each waiver was needed."""
    started = time.monotonic()
    sides: dict[SideName, Side] = {"baseline": baseline, "candidate": candidate}
    _refuse_same(baseline, candidate)
    with Workbench.open() as bench, readable():
        special = stage(bench, suite, sides, exact=options.exact)
        _refuse(bench, suite)
        apart.set_apart(bench, suite)
        bench.derive(suite)
        found = apart.found(bench, suite, options.samples)
        gate = apart.judge(bench, suite, found)
        checks = _checks(Context(bench, suite, options, {}), special)
        said = [_describe(bench, suite, name, side) for name, side in sides.items()]
    return Report(
        suite=suite.name,
        mode="exact" if options.exact else "fast",
        baseline=said[0],
        candidate=said[1],
        checks=(*checks, *((gate,) if gate else ())),
        apart=found,
        strict=options.strict,
        elapsed_s=round(time.monotonic() - started, 3),
    )


def _checks(context: Context, special: Sequence[Remote | Cancelled]) -> tuple[CheckResult, ...]:
    local = [c for c in context.suite.checks if c.dataset not in {s.dataset for s in special}]
    compared = multisets(context, local, Seeds.draw())
    for one in special:
        compared |= one.compare(context)
    context = replace(context, compared=compared)
    return tuple(kinds.judge(context, check) for check in context.suite.checks)


def _refuse_same(baseline: Side, candidate: Side) -> None:
    if (baseline.dsn, baseline.id, baseline.params) == (
        candidate.dsn,
        candidate.id,
        candidate.params,
    ):
        raise NotComparable(
            "baseline and candidate are the same",
            where=baseline.id,
            why="what is compared with itself always agrees",
            remedy="name two ingests of the same file, one by each version",
        )


def _refuse(bench: Workbench, suite: Suite) -> None:
    for refusal in suite.refusals:
        if bench.one(f"SELECT coalesce(({refusal.when}), true)")[0]:
            raise NotComparable(
                refusal.what, where=refusal.name, why=refusal.why, remedy=refusal.remedy
            )


def _describe(bench: Workbench, suite: Suite, name: SideName, side: Side) -> dict[str, str]:
    said = {"id": side.id, "engine": side.dsn.partition(":")[0]}
    for label, sql in suite.describe.items():
        value = bench.one(f"SELECT ({sql.format(side=name, id=literal(side.id))})")[0]
        said[label] = "" if value is None else str(value)
    return said
