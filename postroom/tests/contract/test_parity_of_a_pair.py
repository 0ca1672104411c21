"""The suite `postroom.pst` over both engines: the same pair, the same verdict."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests_support.parity_pair import BASELINE, CANDIDATE, Pair, fill
from tests_support.parity_rows import uri

from cutline.commands.parity import parity
from cutline.errors import CannotMeasure
from cutline.parity import NotComparable, Options, Outcome, Report, Side, Verdict, find, judge
from cutline.parity.engines.base import Source
from cutline.parity.engines.postgres import PostgresSource
from cutline.parity.engines.sqlite import SqliteSource
from postroom.archive import Archive, open_archive


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


def test_the_sides_may_lie_in_different_engines(postgres_dsn: str, tmp_path: Path) -> None:
    """The baseline in SQLite, the candidate in PostgreSQL: a number is a number in both."""
    left = fill(open_archive("left", home=tmp_path, dsn=None), tmp_path / "store")
    name = f"R{secrets.token_hex(4)}"
    right = fill(open_archive(name, home=tmp_path, dsn=postgres_dsn), tmp_path / "store")
    report = judge(
        find("postroom.pst"),
        baseline=Side(left.dsn, BASELINE),
        candidate=Side(right.dsn, CANDIDATE),
        options=Options(objects=True, store=tmp_path / "store"),
    )
    assert report.verdict is Verdict.GO
    assert report.apart.total == 17


def test_a_source_is_found_by_its_parameter(postgres_dsn: str, tmp_path: Path) -> None:
    """Where the DSN names no schema `--param source=` does; an unknown source is not empty."""
    name = f"P{secrets.token_hex(4)}"
    fill(open_archive(name, home=tmp_path, dsn=postgres_dsn), tmp_path / "store")
    for source, problem in ((name, None), ("nobody", "no such schema"), (None, "source")):
        params = {} if source is None else {"source": source}
        sides = [Side(uri(postgres_dsn), ingest, params) for ingest in (BASELINE, CANDIDATE)]
        if problem is None:
            report = judge(find("postroom.pst"), baseline=sides[0], candidate=sides[1])
            assert report.verdict is Verdict.GO
        else:
            with pytest.raises(CannotMeasure, match=problem):
                judge(find("postroom.pst"), baseline=sides[0], candidate=sides[1])


def test_each_table_is_read_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty gates share their scans: a dataset is asked for once a side."""
    asked: list[str] = []
    for engine in (SqliteSource, PostgresSource):
        staged = engine.stage

        def counted(self: Source, *given: Any, staged: Any = staged) -> None:
            asked.append(f"{given[1]} {given[2].name}")
            staged(self, *given)

        monkeypatch.setattr(engine, "stage", counted)
    judged(pair)
    assert len(asked) == len(set(asked)) == 2 * len(find("postroom.pst").datasets)


def test_an_ingest_that_is_not_there_is_exit_3(pair: Pair) -> None:
    """An id without rows is refused, it is not an empty ingest."""
    nobody = Side(pair.dsn, "99999999-9999-5999-8999-999999999999")
    with pytest.raises(NotComparable, match="the candidate is not there"):
        judge(find("postroom.pst"), baseline=Side(pair.dsn, BASELINE), candidate=nobody)


def test_the_command_writes_its_reports_and_leaves_with_the_verdict(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON and page are written whole; 0 for a GO, 1 for a difference."""
    monkeypatch.setenv("THE_DSN", pair.dsn)
    given = ["postroom.pst", "--baseline", BASELINE, "--candidate", CANDIDATE]
    given += ["--dsn", "env:THE_DSN", "--s3-head", "--store", str(pair.store), "--json"]
    given += ["--json-out", f"{tmp_path}/r.json", "--html-out", f"{tmp_path}/r.html"]
    go = CliRunner().invoke(parity, given, standalone_mode=False)
    assert go.return_value == 0
    assert json.loads(go.output) == json.loads((tmp_path / "r.json").read_text())
    with pair.archive.transaction() as tx:
        tx.change(
            "UPDATE email_messages SET record_hash = NULL WHERE pst_file_id = :c", c=CANDIDATE
        )
    no_go = CliRunner().invoke(parity, given, standalone_mode=False)
    assert no_go.return_value == 1
    assert json.loads(no_go.output)["blockers"] == ["records"]
    assert "NO-GO" in (tmp_path / "r.html").read_text()


def test_the_command_judges_a_set(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pair of one class proves nothing of a set: exit 3, the page says which are missing."""
    monkeypatch.setenv("THE_DSN", pair.dsn)
    listed = tmp_path / "pairs.csv"
    listed.write_text(f"baseline,candidate,class\n{BASELINE},{CANDIDATE},small\n")
    given = ["postroom.pst", "--pairs", str(listed), "--dsn", "env:THE_DSN", "--json"]
    answer = CliRunner().invoke(parity, [*given, "--store", str(pair.store)], standalone_mode=False)
    assert answer.return_value == 3
    said = json.loads(answer.output)
    assert said["missing_classes"] == ["medium", "large", "unicode", "deep"]
    assert said["pairs"][0]["verdict"] == "GO"
