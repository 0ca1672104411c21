"""A shadow set: many pairs, one GO or NO-GO.

GO needs every class of the set, every pair a GO, and every gate exercised by at least one pair. The
objects are always looked at. A pair that could not be compared makes the set NOT PROVEN and does
not stop the others.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cutline.errors import CannotMeasure, Exit
from cutline.parity.comparison import compare
from cutline.parity.report import EXITS, Outcome, Report, Verdict, WaiverUse
from cutline.parity.side import Options, Side
from cutline.parity.suite import Suite
from cutline.parity.waived import waiver_uses

CLASSES = ("small", "medium", "large", "unicode", "deep")
COLUMNS = ("baseline", "candidate", "class")


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair of the set and its class."""

    baseline: Side
    candidate: Side
    kind: str


@dataclass(frozen=True, slots=True)
class PairResult:
    """What became of one pair: its report, or why it could not be compared."""

    kind: str
    baseline: str
    candidate: str
    report: Report | None
    refused: str = ""

    @property
    def verdict(self) -> Verdict:
        """Return the verdict of the pair."""
        return Verdict.NOT_PROVEN if self.report is None else self.report.verdict


@dataclass(frozen=True, slots=True)
class SetReport:
    """A whole shadow set, judged."""

    suite: str
    mode: str
    pairs: tuple[PairResult, ...]
    missing_classes: tuple[str, ...]
    never_exercised: tuple[str, ...]
    waivers: tuple[WaiverUse, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Return the verdict over the set.

        NO_GO if a pair differs or a waiver is not needed, NOT_PROVEN if anything was not shown.
        """
        verdicts = {pair.verdict for pair in self.pairs}
        if Verdict.NO_GO in verdicts or any(use.state != "used" for use in self.waivers):
            return Verdict.NO_GO
        if Verdict.NOT_PROVEN in verdicts or self.missing_classes or self.never_exercised:
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
            "suite": self.suite,
            "mode": self.mode,
            "verdict": self.verdict,
            "exit_code": int(self.exit_code),
            "missing_classes": list(self.missing_classes),
            "never_exercised": list(self.never_exercised),
            "waivers": [use.as_json() for use in self.waivers],
            "pairs": [
                {
                    "class": pair.kind,
                    "baseline": pair.baseline,
                    "candidate": pair.candidate,
                    "verdict": pair.verdict,
                    "refused": pair.refused,
                    "report": pair.report.as_json() if pair.report else None,
                }
                for pair in self.pairs
            ],
        }


def judge_pairs(
    suite: Suite,
    pairs: Sequence[Pair],
    options: Options | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> SetReport:
    """Judge every pair, each on its own, and the set as a whole.

    A pair that cannot be compared is recorded with the reason. `progress` is called with pairs done
    and pairs in all.
    """
    options = replace(options or Options(), objects=True)
    results = []
    for at, pair in enumerate(pairs):
        progress(at, len(pairs))
        results.append(_judge(suite, pair, replace(options, strict=False)))
    progress(len(pairs), len(pairs))
    reports = [result.report for result in results if result.report is not None]
    return SetReport(
        suite.name,
        "exact" if options.exact else "fast",
        tuple(results),
        tuple(kind for kind in CLASSES if kind not in {pair.kind for pair in pairs}),
        _never_exercised(suite, reports),
        waiver_uses(options, [check for report in reports for check in report.checks]),
    )


def _judge(suite: Suite, pair: Pair, options: Options) -> PairResult:
    try:
        report = compare(suite, pair.baseline, pair.candidate, options)
    except CannotMeasure as problem:
        return PairResult(pair.kind, pair.baseline.id, pair.candidate.id, None, str(problem))
    return PairResult(pair.kind, pair.baseline.id, pair.candidate.id, report)


def _never_exercised(suite: Suite, reports: Sequence[Report]) -> tuple[str, ...]:
    exercised = {
        check.name
        for report in reports
        for check in report.checks
        if check.outcome is not Outcome.NOT_EXERCISED
    }
    return tuple(check.name for check in suite.checks if check.name not in exercised)


def load_pairs(path: Path) -> list[tuple[str, str, str]]:
    """Read `baseline,candidate,class` lines; raises `CannotMeasure` for anything else."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise _refused(path, f"its header is {','.join(COLUMNS)}")
            rows = [tuple(row.get(c) or "" for c in COLUMNS) for row in reader]
    except (OSError, ValueError, csv.Error) as error:
        raise _refused(path, str(error)) from error
    for line, row in enumerate(rows, 2):
        if not all(row) or row[2] not in CLASSES:
            raise _refused(path, f"line {line}: two ids and one class of {', '.join(CLASSES)}")
    if not rows or len(set(rows)) != len(rows):
        raise _refused(path, "it lists no pair, or one pair twice")
    return [(baseline, candidate, kind) for baseline, candidate, kind in rows]


def _refused(path: Path, why: str) -> CannotMeasure:
    return CannotMeasure("this list of pairs cannot be used", where=str(path), why=why)
