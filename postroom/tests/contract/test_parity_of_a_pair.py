"""The suite `postroom.pst` over both engines: the same pair, the same verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests_support.parity_pair import BASELINE, CANDIDATE, Pair, fill

from cutline.parity import NotComparable, Options, Outcome, Report, Side, Verdict, find, judge
from postroom.archive import Archive


@pytest.fixture
def pair(archive: Archive, tmp_path: Path) -> Pair:
    """Both ingests of the small file."""
    return fill(archive, tmp_path / "store")


def judged(pair: Pair, **options: object) -> Report:
    """Judge the pair as `cutline parity` does."""
    return judge(
        find("postroom.pst"),
        baseline=Side(pair.dsn, BASELINE),
        candidate=Side(pair.dsn, CANDIDATE),
        options=Options(objects=True, store=pair.store, **options),
    )


@pytest.mark.parametrize("exact", [False, True])
def test_an_equal_pair_is_a_go_in_both_modes(pair: Pair, *, exact: bool) -> None:
    """Nothing differs, and what only v2 reads is counted by its reason."""
    report = judged(pair, exact=exact)
    assert report.verdict is Verdict.GO
    assert report.mode == ("exact" if exact else "fast")
    assert {check.outcome for check in report.checks} <= {Outcome.PASS, Outcome.NOT_EXERCISED}
    assert report.apart.by_reason == {
        "embedded": 4,
        "v1_item_error": 1,
        "v1_folder_error": 10,
        "orphan": 1,
        "not_in_table": 1,
    }


def test_the_same_ingest_twice_is_refused(pair: Pair) -> None:
    """What is compared with itself always agrees."""
    side = Side(pair.dsn, BASELINE)
    with pytest.raises(NotComparable):
        judge(find("postroom.pst"), baseline=side, candidate=side)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE pst_files SET engine = 'v1'", "both ingests were made by one engine"),
        ("UPDATE pst_files SET sha256 = engine", "not of the same file"),
        ("UPDATE pst_files SET sha256 = NULL", "not of the same file"),
        ("UPDATE pst_files SET engine_version = 'pypff 20231205'", "not read by pypff 20260926"),
        ("UPDATE pst_files SET engine_version = NULL", "not read by pypff 20260926"),
        (
            "UPDATE pst_files SET engine = CASE engine WHEN 'v1' THEN 'v2' ELSE 'v1' END",
            "wrong way",
        ),
    ],
)
def test_a_pair_that_proves_nothing_is_refused(pair: Pair, change: str, said: str) -> None:
    """Two ingests of one engine, of two files, or of another pypff are not compared."""
    with pair.archive.transaction() as tx:
        tx.change(change)
    with pytest.raises(NotComparable, match=said):
        judged(pair)
