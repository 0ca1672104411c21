"""Whatever the rows and the engine: the verdict is that of two Python Counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_support import parity_rows
from tests_support.parity_rows import Row

from cutline.parity import Options, Side, Verdict, judge

Put = Callable[[str, list[Row]], Side]

TRICKY = [None, "", "NULL", "a|b", "a", "b|c", "c", "|", "1:a", "-", "1.0", "1.00", "0", "-0"]
MORE = ["ä", "a\u0308", "\U0001f600", "שלום", "a\nb", 'a"b', "a,b", "a ", " a", "\\N", "日本"]
VALUES = st.sampled_from([*TRICKY, *MORE]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6
)
ROWS = st.lists(st.tuples(st.just("k"), VALUES, VALUES), max_size=8)
ENGINES = ["sqlite", "postgres", ".parquet", ".csv", ".csv.gz", ".ndjson", ".ndjson.gz"]


@pytest.fixture(params=[*ENGINES, "sqlite and postgres"])
def puts(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Put, Put]:
    """How rows get into the engine of each side."""
    names = request.param.split(" and ")

    def put(engine: str) -> Put:
        if engine == "sqlite":
            return lambda ingest, rows: parity_rows.in_sqlite(tmp_path, ingest, rows)
        if engine == "postgres":
            dsn = request.getfixturevalue("postgres_dsn")
            return lambda ingest, rows: parity_rows.in_postgres(dsn, ingest, rows)
        return lambda ingest, rows: parity_rows.in_file(tmp_path, ingest, engine, rows)

    return put(names[0]), put(names[-1])


def shuffled_with_one_change(rows: list[Row], change: Row | None, at: int) -> list[Row]:
    """Return the rows in another order, one of them changed, dropped or doubled."""
    other = sorted(rows, key=repr)
    if change is not None and other:
        other[at % len(other)] = change
    return other


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    baseline=ROWS,
    change=st.none() | st.tuples(st.just("k"), VALUES, VALUES),
    at=st.integers(0, 7),
    extra=st.none() | st.integers(0, 7),
    exact=st.booleans(),
)
def test_the_differences_are_those_of_counters(
    puts: tuple[Put, Put],
    baseline: list[Row],
    change: Row | None,
    at: int,
    extra: int | None,
    *,
    exact: bool,
) -> None:
    """Totals are exact, in both modes, for every value that text can hold."""
    candidate = shuffled_with_one_change(baseline, change, at)
    if extra is not None and candidate:
        candidate.append(candidate[extra % len(candidate)])
    left, right = _counted(baseline), _counted(candidate)
    report = judge(
        parity_rows.suite(),
        baseline=puts[0]("b", baseline),
        candidate=puts[1]("c", candidate),
        options=Options(exact=exact),
    )
    found = report.checks[0].differences
    assert found.only_in_baseline == (left - right).total()
    assert found.only_in_candidate == (right - left).total()
    if not baseline and not candidate:
        assert report.verdict is Verdict.NOT_PROVEN
    else:
        assert report.verdict is (Verdict.GO if left == right else Verdict.NO_GO)


def _counted(rows: Iterable[Row]) -> Counter[tuple[str | None, str | None]]:
    return Counter((a, b) for _, a, b in rows)


PAIRS = [
    ([("k", "a|b", "c")], [("k", "a", "b|c")]),
    ([("k", None, "x")], [("k", "NULL", "x")]),
    ([("k", None, "x")], [("k", "", "x")]),
    ([("k", None, "x")], [("k", "x", None)]),
    ([("k", "1.0", "x")], [("k", "1.00", "x")]),
    ([("k", "0", "x")], [("k", "-0", "x")]),
    ([("k", "ä", "x")], [("k", "a\u0308", "x")]),
    ([("k", "a", "x")], [("k", "a ", "x")]),
    ([("k", "a", "x"), ("k", "b", "y")], [("k", "a", "y"), ("k", "b", "x")]),
    ([("k", "a", "x")], [("k", "a", "x"), ("k", "a", "x")]),
    ([("k", "a", "x")] * 2 + [("k", "b", "x")], [("k", "a", "x")] + [("k", "b", "x")] * 2),
    ([("k", "a", "x")] * 3, [("k", "a", "x")]),
]


@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
def test_what_other_tools_take_for_equal_differs(puts: tuple[Put, Put], *, exact: bool) -> None:
    """Separators, NULL, scale, sign, normal form, blanks, swapped values, copies."""
    for baseline, candidate in PAIRS:
        report = judge(
            parity_rows.suite(),
            baseline=puts[0]("b", baseline),
            candidate=puts[1]("c", candidate),
            options=Options(exact=exact),
        )
        assert report.verdict is Verdict.NO_GO, (baseline, candidate)
