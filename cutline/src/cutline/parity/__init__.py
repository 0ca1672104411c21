"""Parity: whether the candidate's output is the baseline's.

    from pathlib import Path
    from cutline.parity import Options, Side, find, judge

    side = "sqlite:////srv/postroom/sources/acme.sqlite"
    report = judge(
        find("postroom.pst"),
        baseline=Side(side, id=v1_ingest),
        candidate=Side(side, id=v2_ingest),
        options=Options(objects=True, store=Path("/srv/postroom/store")),
    )
    report.verdict        # Verdict.GO, NO_GO or NOT_PROVEN
    report.as_json()      # what --json-out writes

    many = judge_pairs(find("postroom.pst"), [Pair(baseline, candidate, "small"), ...], options)
    many.verdict          # one GO, NO_GO or NOT_PROVEN over the set

A difference is data in the report; what could not be compared is an exception
(`cutline.errors.CannotMeasure`).
"""

from cutline.parity.comparison import NotComparable, judge
from cutline.parity.find import find
from cutline.parity.pairs import Pair, PairResult, SetReport, judge_pairs
from cutline.parity.report import (
    ApartFound,
    CheckResult,
    Difference,
    Differences,
    Outcome,
    Report,
    Verdict,
)
from cutline.parity.side import Options, Side
from cutline.parity.suite import Severity, Suite
from cutline.parity.waivers import Waiver

__all__ = [
    "ApartFound",
    "CheckResult",
    "Difference",
    "Differences",
    "NotComparable",
    "Options",
    "Outcome",
    "Pair",
    "PairResult",
    "Report",
    "SetReport",
    "Severity",
    "Side",
    "Suite",
    "Verdict",
    "Waiver",
    "find",
    "judge",
    "judge_pairs",
]
