"""Waivers: by name only, complete or refused, needed or a fault."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests_support import parity_rows

from cutline.errors import CannotMeasure
from cutline.parity import Options, Outcome, Report, Verdict, Waiver, judge, waivers
from cutline.parity.suite import Count, Multiset

BASELINE = [("1", "x", "y"), ("2", "x", "z"), ("3", "p", "q")]
CANDIDATE = [("1", "x", "y"), ("2", "x", "other"), ("4", "p", "q")]
TODAY = date(2026, 11, 20)
SUITE = parity_rows.suite(
    Multiset(name="rows", title="Rows", dataset="rows", columns=("k", "a", "b")), key=("k",)
)


def judged(tmp_path: Path, *given: Waiver) -> Report:
    """Judge three rows of which one changed and one was replaced."""
    return judge(
        SUITE,
        baseline=parity_rows.in_sqlite(tmp_path, "b", BASELINE),
        candidate=parity_rows.in_sqlite(tmp_path, "c", CANDIDATE),
        options=Options(waivers=given, today=TODAY),
    )


def waiver(*keys: str, check: str = "rows", expiry: date = TODAY) -> Waiver:
    """Return a waiver that still holds today."""
    return Waiver(check, keys, "known", "ada", expiry)


def test_a_difference_is_shown_as_what_it_is(tmp_path: Path) -> None:
    """Only in one side, or the same item with the fields that differ; no value of it."""
    report = judged(tmp_path)
    found = report.checks[0].differences
    assert (found.only_in_baseline, found.only_in_candidate, found.changed) == (1, 1, 1)
    shown = {(d.kind, d.key, d.fields, d.baseline) for d in found.samples}
    assert shown == {
        ("changed", "2", ("b",), None),
        ("only in baseline", "3", (), None),
        ("only in candidate", "4", (), None),
    }


def test_waived_differences_are_counted_apart(tmp_path: Path) -> None:
    """With every difference waived the gate holds, and the report says by whom."""
    report = judged(tmp_path, waiver("2", "3", "4"))
    assert report.verdict is Verdict.GO
    assert report.checks[0].differences.waived == 3
    assert report.checks[0].differences.total == 0
    assert {d.waived for d in report.checks[0].differences.samples} == {"ada"}
    assert report.waivers[0].state == "used"


def test_a_waiver_covers_the_named_items_only(tmp_path: Path) -> None:
    """What is not named still blocks."""
    report = judged(tmp_path, waiver("2"))
    assert report.verdict is Verdict.NO_GO
    assert report.checks[0].differences.total == 2
    assert report.checks[0].differences.waived == 1


def test_an_unused_waiver_fails(tmp_path: Path) -> None:
    """A key that no difference needs is a stale exception."""
    report = judged(tmp_path, waiver("2", "3", "4", "5"))
    assert report.verdict is Verdict.NO_GO
    assert report.blockers == ("waivers",)
    assert report.waivers[0].unused == ("5",)


def test_a_waiver_of_another_check_covers_nothing(tmp_path: Path) -> None:
    """Waivers are by check and key."""
    assert judged(tmp_path, waiver("2", "3", "4", check="other")).checks[0].outcome is Outcome.FAIL


def test_an_expired_waiver_is_not_applied(tmp_path: Path) -> None:
    """It holds until the end of its day."""
    report = judged(tmp_path, waiver("2", "3", "4", expiry=date(2026, 11, 19)))
    assert report.verdict is Verdict.NO_GO
    assert report.checks[0].differences.waived == 0
    assert report.waivers[0].state == "expired"


def test_a_figure_is_waived_as_its_total(tmp_path: Path) -> None:
    """A count has one item, its total."""
    suite = parity_rows.suite(Count(name="rows", title="Rows", dataset="rows"))
    sides = {
        "baseline": parity_rows.in_sqlite(tmp_path, "b", BASELINE),
        "candidate": parity_rows.in_sqlite(tmp_path, "c", CANDIDATE[:2]),
    }
    assert judge(suite, **sides).verdict is Verdict.NO_GO
    options = Options(waivers=(waiver("total"),), today=TODAY)
    assert judge(suite, **sides, options=options).verdict is Verdict.GO


GOOD = """
[[waiver]]
check = "records"
keys = ["200024"]
reason = "pypff reads no property of type 0"
approver = "ada"
expiry = 2026-12-31
"""


def test_a_file_of_waivers_is_read(tmp_path: Path) -> None:
    """Each with its five members."""
    file = tmp_path / "waivers.toml"
    file.write_text(GOOD)
    (only,) = waivers.load(file)
    assert (only.check, only.keys, only.expiry) == ("records", ("200024",), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('reason = "pypff reads no property of type 0"\n', ""),
        ('"ada"', '" "'),
        ('["200024"]', "[]"),
        ('["200024"]', '"200024"'),
        ("2026-12-31", '"soon"'),
        ("2026-12-31", "2026-12-31T00:00:00"),
        ("[[waiver]]", "[[waivers]]"),
        ("check =", "chek ="),
    ],
)
def test_a_waiver_that_is_not_complete_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """A half-filled exception is none: exit 3, not a guess."""
    file = tmp_path / "waivers.toml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(CannotMeasure, match="waivers file"):
        waivers.load(file)
