"""No vacuous pass; what values show; what a set needs."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests_support import parity_rows
from tests_support.parity_rows import Row

from cutline.errors import CannotMeasure, Exit
from cutline.parity import (
    NotComparable,
    Options,
    Outcome,
    Pair,
    Report,
    Side,
    Verdict,
    judge,
    judge_pairs,
)
from cutline.parity.page import page
from cutline.parity.pairs import CLASSES, load_pairs
from cutline.parity.suite import Check, Count, Distribution, Multiset, Presence, Ratio, Status

ALL = Multiset(name="rows", title="Rows", dataset="rows", columns=("a", "b"))


def judged(
    tmp_path: Path, left: list[Row], right: list[Row], *checks: Check, **options: object
) -> Report:
    """Judge rows in SQLite."""
    return judge(
        parity_rows.suite(*checks, key=("k",)),
        baseline=parity_rows.in_sqlite(tmp_path, "b", left),
        candidate=parity_rows.in_sqlite(tmp_path, "c", right),
        options=Options(**options),
    )


@pytest.mark.parametrize(
    "check",
    [
        ALL,
        Count(name="c", title="C", dataset="rows"),
        Presence(name="p", title="P", dataset="rows", column="a"),
        Distribution(name="d", title="D", dataset="rows", by=("a",)),
        Ratio(name="r", title="R", dataset="rows", measure="count(*)", block_above=Fraction(0)),
        Status(name="s", title="S", dataset="rows", holds="true"),
    ],
    ids=lambda check: type(check).__name__,
)
def test_nothing_to_compare_is_not_exercised(tmp_path: Path, check: Check) -> None:
    """An empty table on both sides passes no gate of any kind."""
    report = judged(tmp_path, [], [], check)
    assert report.checks[0].outcome is Outcome.NOT_EXERCISED
    assert report.verdict is Verdict.NOT_PROVEN
    assert report.exit_code is Exit.NOT_MEASURED


def test_a_presence_of_nothing_on_both_sides_is_not_exercised(tmp_path: Path) -> None:
    """0 % beside 0 % says nothing of the column."""
    rows: list[Row] = [("1", None, "x"), ("2", "", "x")]
    check = Presence(name="p", title="P", dataset="rows", column="a")
    report = judged(tmp_path, rows, rows, check, ALL)
    assert report.checks[0].outcome is Outcome.NOT_EXERCISED
    assert report.verdict is Verdict.GO
    assert report.not_exercised == ("p",)


def test_strict_makes_an_idle_gate_exit_3(tmp_path: Path) -> None:
    """A single pair may be a GO with gates not exercised; with --strict it proves nothing."""
    rows: list[Row] = [("1", None, "x")]
    check = Presence(name="p", title="P", dataset="rows", column="a")
    assert judged(tmp_path, rows, rows, check, ALL, strict=True).exit_code is Exit.NOT_MEASURED


@pytest.mark.parametrize(
    ("baseline", "candidate", "outcome"),
    [(100, 99, Outcome.PASS), (100, 98, Outcome.FAIL), (50, 100, Outcome.PASS)],
)
def test_presence_may_fall_by_one_point(
    tmp_path: Path, baseline: int, candidate: int, outcome: Outcome
) -> None:
    """Exactly one point below is still held; more is not; above is."""
    left, right = (
        [(f"{at}", "x" if at < found else None, "y") for at in range(100)]
        for found in (baseline, candidate)
    )
    check = Presence(name="p", title="P", dataset="rows", column="a")
    assert judged(tmp_path, left, right, check).checks[0].outcome is outcome


@pytest.mark.parametrize(
    ("candidate", "verdict", "outcome"),
    [
        (100, Verdict.GO, Outcome.PASS),
        (101, Verdict.GO, Outcome.PASS),
        (102, Verdict.GO, Outcome.WARN),
        (105, Verdict.GO, Outcome.WARN),
        (106, Verdict.NO_GO, Outcome.FAIL),
        (94, Verdict.NO_GO, Outcome.FAIL),
        (0, Verdict.NO_GO, Outcome.FAIL),
    ],
)
def test_a_ratio_warns_above_one_bound_and_blocks_above_the_next(
    tmp_path: Path, candidate: int, verdict: Verdict, outcome: Outcome
) -> None:
    """1 % and 5 % themselves are inside their bounds."""
    check = Ratio(
        name="r",
        title="R",
        dataset="rows",
        measure="count(*)",
        warn_above=Fraction(1, 100),
        block_above=Fraction(5, 100),
    )
    rows: list[Row] = [("k", "x", "y")]
    report = judged(tmp_path, rows * 100, rows * candidate, check)
    assert (report.verdict, report.checks[0].outcome) == (verdict, outcome)


def test_strict_makes_a_warning_exit_1(tmp_path: Path) -> None:
    """Warnings are printed and exit 0; with --strict they exit 1."""
    rows: list[Row] = [("k", "x", "y")]
    check = Ratio(
        name="r", title="R", dataset="rows", measure="count(*)", warn_above=Fraction(1, 100)
    )
    assert judged(tmp_path, rows * 100, rows * 110, check).exit_code is Exit.OK
    assert judged(tmp_path, rows * 100, rows * 110, check, strict=True).exit_code is Exit.BLOCKED


def test_values_stay_out_of_reports_unless_they_are_asked_for(tmp_path: Path) -> None:
    """Neither JSON nor page repeats a value; with show_values both do."""
    left: list[Row] = [("1", "privileged", "x")]
    right: list[Row] = [("1", "other secret", "x"), ("2", "third secret", "x")]
    hidden = judged(tmp_path, left, right)
    shown = judged(tmp_path, left, right, show_values=True)
    for text in (json.dumps(hidden.as_json()), page(hidden)):
        assert "privileged" not in text
        assert "secret" not in text
    for text in (json.dumps(shown.as_json()), page(shown)):
        assert "privileged" in text


def test_a_row_without_a_key_is_named_by_a_digest(tmp_path: Path) -> None:
    """Where no key is declared the row is its own key, and that is a value."""
    report = judge(
        parity_rows.suite(),
        baseline=parity_rows.in_sqlite(tmp_path, "b", [("1", "privileged", "x")]),
        candidate=parity_rows.in_sqlite(tmp_path, "c", [("1", "other", "x")]),
    )
    keys = [sample.key for sample in report.checks[0].differences.samples]
    assert all(key.startswith("row ") for key in keys)
    assert "privileged" not in json.dumps(report.as_json())


def test_samples_are_bounded_and_totals_are_exact(tmp_path: Path) -> None:
    """A thousand differences are counted, three are shown."""
    left: list[Row] = [(f"{at}", "x", "y") for at in range(1000)]
    right: list[Row] = [(f"{at}", "x", "z") for at in range(1000)]
    found = judged(tmp_path, left, right, samples=3).checks[0].differences
    assert (found.changed, len(found.samples)) == (1000, 3)


def test_the_page_escapes_what_it_shows(tmp_path: Path) -> None:
    """Mail is hostile: a value never becomes markup, and the page runs no script."""
    left: list[Row] = [("1", "<script>alert(1)</script>", "x")]
    text = page(judged(tmp_path, left, [("1", "b", "x")], show_values=True))
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_a_side_does_not_tell_its_dsn() -> None:
    """A DSN may hold a password."""
    assert "secret" not in repr(Side("postgresql://u:secret@h/d", "1"))


def test_the_same_side_twice_is_refused(tmp_path: Path) -> None:
    """What is compared with itself always agrees."""
    side = parity_rows.in_sqlite(tmp_path, "b", [("1", "x", "y")])
    with pytest.raises(NotComparable):
        judge(parity_rows.suite(), baseline=side, candidate=side)


def _pairs(tmp_path: Path, *, but: str = "") -> list[Pair]:
    rows: list[Row] = [("1", "x", "y")]
    return [
        Pair(
            parity_rows.in_sqlite(tmp_path, f"b-{kind}", rows),
            parity_rows.in_sqlite(tmp_path, f"c-{kind}", rows),
            kind,
        )
        for kind in CLASSES
        if kind != but
    ]


def test_a_set_of_all_classes_is_a_go(tmp_path: Path) -> None:
    """Five classes, every gate exercised, nothing differs."""
    assert judge_pairs(parity_rows.suite(), _pairs(tmp_path)).verdict is Verdict.GO


@pytest.mark.parametrize("missing", CLASSES)
def test_a_set_without_a_class_is_not_proven(tmp_path: Path, missing: str) -> None:
    """Each class of the set is needed."""
    report = judge_pairs(parity_rows.suite(), _pairs(tmp_path, but=missing))
    assert report.verdict is Verdict.NOT_PROVEN
    assert report.missing_classes == (missing,)


def test_a_set_whose_gate_no_pair_exercises_is_not_proven(tmp_path: Path) -> None:
    """A single pair may leave a gate idle, a set may not."""
    idle = Count(name="idle", title="Idle", dataset="rows", where="a = 'nothing'")
    report = judge_pairs(parity_rows.suite(ALL, idle), _pairs(tmp_path))
    assert (report.verdict, report.never_exercised) == (Verdict.NOT_PROVEN, ("idle",))


def test_a_pair_that_cannot_be_compared_does_not_stop_the_others(tmp_path: Path) -> None:
    """It is recorded with the reason, and the set is not proven."""
    pairs = _pairs(tmp_path)
    pairs[0] = replace(pairs[0], candidate=pairs[0].baseline)
    report = judge_pairs(parity_rows.suite(), pairs)
    assert report.verdict is Verdict.NOT_PROVEN
    assert "the same" in report.pairs[0].refused
    assert all(pair.verdict is Verdict.GO for pair in report.pairs[1:])
    assert "NOT PROVEN" in page(report)


def test_one_pair_that_differs_makes_the_set_a_no_go(tmp_path: Path) -> None:
    """A difference outweighs what could not be compared."""
    pairs = _pairs(tmp_path, but="deep")
    rows: list[Row] = [("1", "x", "other")]
    pairs[1] = replace(pairs[1], candidate=parity_rows.in_sqlite(tmp_path, "other", rows))
    report = judge_pairs(parity_rows.suite(), pairs)
    assert (report.verdict, report.exit_code) == (Verdict.NO_GO, Exit.BLOCKED)


@pytest.mark.parametrize(
    "text",
    [
        "baseline,candidate\na,b\n",
        "baseline,candidate,class\n",
        "baseline,candidate,class\na,b,tiny\n",
        "baseline,candidate,class\na,,small\n",
        "baseline,candidate,class\na,b,small\na,b,small\n",
    ],
)
def test_a_list_of_pairs_that_is_not_one_is_refused(tmp_path: Path, text: str) -> None:
    """Columns, classes, empty fields, copies, no lines."""
    file = tmp_path / "pairs.csv"
    file.write_text(text)
    with pytest.raises(CannotMeasure):
        load_pairs(file)
