"""Parquet files: rows that are equal at the same place cancel out, and nothing else does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_support import parity_rows
from tests_support.parity_rows import Row

from cutline.errors import CannotMeasure
from cutline.parity import Report, Side, Verdict, judge, places

NUMBERED = ["", "a", "b", "NULL", "\0", "a\0", "\U0010ffff"]
VALUES = st.sampled_from([None, *NUMBERED])
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=14)
KEYS: list[tuple[str, ...]] = [(), ("k",)]


@pytest.fixture
def tiny_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let some rows make many pieces, and two that differ in one of them end the cancelling."""
    monkeypatch.setattr(places, "FIRST_ROWS", 2)
    monkeypatch.setattr(places, "PIECE_ROWS", 2)
    monkeypatch.setattr(places, "MOST_APART", 1)


def written(folder: Path, side: str, table: pa.Table, *, group: int = 2) -> Side:
    """Write a table as the Parquet file of a side, in small row groups."""
    (folder / side).mkdir(exist_ok=True)
    pq.write_table(table, folder / side / "rows.parquet", row_group_size=group)
    return Side(f"files://{folder / side}", side)


def texts(rows: Sequence[Row], numbered: Collection[str] = ()) -> pa.Table:
    """Return rows of text as a table, which may be empty; numbers stand for some columns' texts."""
    members = {}
    for n, column in enumerate(parity_rows.COLUMNS):
        of = [row[n] for row in rows]
        if column in numbered:
            numbers = [None if value is None else NUMBERED.index(value) - 2 for value in of]
            members[column] = pa.array(numbers, pa.int32())
        else:
            members[column] = pa.array(of, pa.string())
    return pa.table(members)


def judged(folder: Path, left: pa.Table, right: pa.Table, key: tuple[str, ...] = ()) -> Report:
    """Compare two tables written as Parquet."""
    sides = written(folder, "b", left), written(folder, "c", right, group=3)
    return judge(parity_rows.suite(key=key), baseline=sides[0], candidate=sides[1])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=ROWS, at=st.integers(0, 13), put=st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=3),
    gone=st.integers(0, 3), turned=st.booleans(), numbered=st.sets(st.sampled_from("kab")),
)  # fmt: skip
@pytest.mark.usefixtures("tiny_pieces")
def test_whatever_the_order_the_totals_are_those_of_counters(
    tmp_path: Path,
    rows: list[Row],
    at: int,
    put: list[Row],
    gone: int,
    *,
    turned: bool,
    numbered: set[str],
) -> None:
    """Rows put in, taken out, turned round, copies, NULLs, numbers: totals and counts are exact."""
    other = [*rows[:at], *put, *rows[at + gone :]]
    other = other[::-1] if turned else other
    check = judged(tmp_path, texts(rows, numbered), texts(other, numbered)).checks[0]
    left, right = (Counter((a, b) for _, a, b in side) for side in (rows, other))
    assert check.differences.only_in_baseline == (left - right).total()
    assert check.differences.only_in_candidate == (right - left).total()
    assert check.baseline["rows"] == f"{len(rows)}"
    assert check.candidate["rows"] == f"{len(other)}"


@pytest.mark.parametrize("key", KEYS, ids=["without a key", "with a key"])
def test_a_row_of_nulls_is_not_a_row_that_is_missing(tmp_path: Path, key: tuple[str, ...]) -> None:
    """Where one file is longer there is nothing beside its rows, which is not NULL."""
    rows: list[Row] = [("k", "a", "b"), (None, None, None)]
    report = judged(tmp_path, texts(rows), texts(rows[:1]), key)
    assert report.verdict is Verdict.NO_GO
    assert report.checks[0].differences.only_in_baseline == 1


@pytest.mark.parametrize(
    ("left", "right", "type_left", "type_right", "differ"),
    [
        ([0.0], [-0.0], pa.float64(), pa.float64(), 1),
        ([7], [7], pa.int32(), pa.int64(), 0),
        ([7], ["7"], pa.int32(), pa.string(), 0),
        ([1], [1.0], pa.int32(), pa.float64(), 1),
        ([7, None], [7, None], pa.int32(), pa.int32(), 0),
        ([7, None], [7, 0], pa.int32(), pa.int32(), 1),
    ],
)
def test_values_are_equal_where_their_texts_are(
    tmp_path: Path,
    left: list[Any],
    right: list[Any],
    type_left: pa.DataType,
    type_right: pa.DataType,
    differ: int,
) -> None:
    """Types decide nothing: 0.0 and -0.0 differ, the integer 7 and the text 7 do not."""
    tables = [
        pa.table({"k": pa.array(["k"] * len(of)), "a": pa.array(of, of_type), "b": ["b"] * len(of)})
        for of, of_type in ((left, type_left), (right, type_right))
    ]
    found = judged(tmp_path, tables[0], tables[1]).checks[0].differences
    assert (found.only_in_baseline, found.only_in_candidate) == (differ, differ)


def test_a_file_with_a_column_named_like_the_place_is_compared(tmp_path: Path) -> None:
    """Then no row can be asked for by its place; fingerprints find the same."""
    table = texts([("k", "a", "b")]).append_column(places.PLACE, pa.array(["x"]))
    assert judged(tmp_path, table, table).verdict is Verdict.GO
    other = texts([("k", "a", "c")]).append_column(places.PLACE, pa.array(["x"]))
    assert judged(tmp_path, table, other).verdict is Verdict.NO_GO


def test_a_key_pairs_what_differs_at_the_same_place(tmp_path: Path) -> None:
    """Rows that cancelled out are not needed to name the key and the field."""
    rows: list[Row] = [("1", "a", "b"), ("2", "a", "b"), ("3", "a", "b")]
    other: list[Row] = [*rows[:1], ("2", "a", "x"), *rows[2:]]
    found = judged(tmp_path, texts(rows), texts(other), ("k",)).checks[0].differences
    assert [(one.kind, one.key, one.fields) for one in found.samples] == [("changed", "2", ("b",))]


def test_rows_that_are_not_read_are_no_equality(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer rows than the file says it has: that is not measured, and no GO."""
    monkeypatch.setattr(places, "_total", lambda *_: 3)
    table = texts([("k", "a", "b")] * 2)
    with pytest.raises(CannotMeasure, match="other rows than it says"):
        judged(tmp_path, table, table)
