"""One pair, judged: open, refuse or stage, set apart, compare, waive."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack

from cutline.errors import CannotMeasure
from cutline.parity import apart, kinds
from cutline.parity.context import Context
from cutline.parity.engines import open_source
from cutline.parity.narrow import Seeds
from cutline.parity.report import CheckResult, Report, WaiverUse
from cutline.parity.scans import multisets
from cutline.parity.side import Options, Side
from cutline.parity.suite import Suite
from cutline.parity.workbench import SIDES, SideName, Workbench, literal


class NotComparable(CannotMeasure):
    """This pair proves nothing, whatever its rows are: it is refused before they are compared."""

    code = "not-comparable"


def judge(suite: Suite, *, baseline: Side, candidate: Side, options: Options | None = None) -> Report:
    """Compare a candidate with a baseline by a suite and return what was found.

    A difference is data in the report. Raises `CannotMeasure` where a side cannot be read, and `NotComparable`
    where the pair is refused: the same side twice, or a refusal of the suite. Nothing is written to either side;
    each is read on one snapshot, every table in one pass.
    """
    options = options or Options()
    started = time.monotonic()
    sides: dict[SideName, Side] = {"baseline": baseline, "candidate": candidate}
    _refuse_same(baseline, candidate)
    with Workbench.open() as bench:
        _stage(bench, suite, sides)
        _refuse(bench, suite)
        apart.set_apart(bench, suite)
        bench.derive(suite)
        found = apart.found(bench, suite, options.samples)
        gate = apart.judge(bench, suite, found)
        checks = _checks(Context(bench, suite, options, {}))
        said = [_describe(bench, suite, name, side) for name, side in sides.items()]
    waivers = waiver_uses(options, checks)
    return Report(
        suite=suite.name,
        mode="exact" if options.exact else "fast",
        baseline=said[0],
        candidate=said[1],
        checks=(*checks, *((gate,) if gate else ())),
        apart=found,
        waivers=waivers,
        strict=options.strict,
        elapsed_s=round(time.monotonic() - started, 3),
    )


def _checks(context: Context) -> tuple[CheckResult, ...]:
    asked = context.suite.checks
    compared = multisets(context, asked, Seeds.draw())
    context = Context(context.bench, context.suite, context.options, compared)
    return tuple(kinds.judge(context, check) for check in asked)


def _refuse_same(baseline: Side, candidate: Side) -> None:
    if (baseline.dsn, baseline.id, baseline.params) == (candidate.dsn, candidate.id, candidate.params):
        raise NotComparable(
            "baseline and candidate are the same",
            where=baseline.id,
            why="what is compared with itself always agrees",
            remedy="name two ingests of the same file, one by each version",
        )


def _stage(bench: Workbench, suite: Suite, sides: Mapping[SideName, Side]) -> None:
    with ExitStack() as stack:
        for name, side in sides.items():
            source = open_source(side, suite)
            stack.callback(source.close)
            for dataset in suite.datasets:
                source.stage(bench, name, dataset)


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


def waiver_uses(options: Options, checks: tuple[CheckResult, ...]) -> tuple[WaiverUse, ...]:
    """Say of each waiver whether a difference needed it."""
    uses = []
    for waiver in options.waivers:
        used = sum(
            1
            for check in checks
            if check.name == waiver.check
            for sample in check.differences.samples
            if sample.waived and sample.key in waiver.keys
        )
        expired = waiver.is_expired(options.today)
        state = "expired" if expired else "used" if used else "unused"
        uses.append(
            WaiverUse(
                waiver.check,
                waiver.keys,
                waiver.reason,
                waiver.approver,
                waiver.expiry.isoformat(),
                0 if expired else used,
                state,
            )
        )
    return tuple(uses)
