"""Rows that are equal at the same place of two Parquet files cancel out; the rest is compared.

What two multisets differ by is what is left of them after pairs of equal rows were taken away,
whichever rows are paired. So this rests on no hash and no order: files in the same order are done
after one pass, and of files in another order this finds so within the first rows and stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from cutline.errors import CannotMeasure
from cutline.parity.context import Context, MultisetFound
from cutline.parity.narrow import Seeds
from cutline.parity.scans import multisets
from cutline.parity.suite import Dataset, Multiset
from cutline.parity.workbench import NUMBERS, SIDES, Workbench, literal, name

FIRST_ROWS = 20_000
"""The first piece ends after so many rows: it tells whether the files have one order at all."""
PIECE_ROWS = 500_000
"""What a thread compares in one query. Both are rounded up to whole row groups."""
MOST_APART = 4096
"""A piece with more places that differ than this ends the cancelling, and bounds its memory."""

PLACE = "file_row_number"
END = 1 << 62
"""Above every place."""

# Values of these types are equal exactly when their texts are. With 0.0 and -0.0 it is otherwise:
# `=` takes them for one, and `min_by` hands back the one for the other.
FAITHFUL = NUMBERS | {"VARCHAR", "HUGEINT", "UHUGEINT", "UUID"}


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A dataset of which the workbench has only the rows that did not cancel out."""

    dataset: str
    checks: tuple[Multiset, ...]
    pairs: int

    def compare(self, context: Context) -> dict[str, MultisetFound]:
        """Compare the checks of the dataset, by their names; counts are those of the files."""
        return {
            check: replace(
                found,
                baseline_rows=found.baseline_rows + self.pairs,
                candidate_rows=found.candidate_rows + self.pairs,
            )
            for check, found in multisets(context, self.checks, Seeds.draw()).items()
        }


@dataclass(frozen=True, slots=True)
class Files:
    """Two Parquet files with the rows of a dataset, and the columns by which rows are equal."""

    dataset: Dataset
    paths: tuple[Path, Path]
    types: tuple[dict[str, str], dict[str, str]]
    equal_by: tuple[str, ...]

    def scan(self, side: int, rows: range) -> str:
        """Return the query of some rows: their places and columns, all named by the side.

        It stays a plain scan: DuckDB reads two of these beside each other without a copy.
        """
        columns = "".join(f", {name(c)} AS side_{side}_{n}" for n, c in self._columns)
        return (
            f"SELECT {PLACE} AS place_{side}{columns}"
            f" FROM read_parquet({literal(str(self.paths[side]))}, {PLACE} = true)"
            f" WHERE {PLACE} >= {rows.start} AND {PLACE} < {rows.stop}"
        )

    def rows(self, side: int, rows: range) -> str:
        """Return the query of some rows, their columns as they are compared."""
        values = ", ".join(f"{self._value(side, n, c)} AS {name(c)}" for n, c in self._columns)
        return f"SELECT {values} FROM ({self.scan(side, rows)})"

    def compared(self, rows: range) -> str:
        """Return the query that compares a piece: one row of counts, and the rows apart."""
        apart = ["place_0 IS NULL", "place_1 IS NULL", *self._apart()]
        records, kept = [], []
        for side in (0, 1):
            members = ", ".join(f"side_{n}: {self._value(side, n, c)}" for n, c in self._columns)
            records.append(f"{{{members}}} AS row_{side}")
            first = f"min_by(row_{side}, place_{side}, {MOST_APART})"
            kept.append(f"{first} FILTER (is_apart) AS rows_{side}")
        return (
            f"SELECT {rows.start} AS start, count(*) AS places, count(place_0) AS n_0,"
            f" count(place_1) AS n_1, count(*) FILTER (is_apart) AS n_apart, {', '.join(kept)}"
            f" FROM (SELECT place_0, place_1, {', '.join(records)}, ({' OR '.join(apart)})"
            f" AS is_apart FROM ({self.scan(0, rows)}) POSITIONAL JOIN ({self.scan(1, rows)}))"
        )

    @property
    def _columns(self) -> list[tuple[int, str]]:
        return list(enumerate(self.dataset.columns))

    def _apart(self) -> Iterator[str]:
        for n, column in self._columns:
            if column in self.equal_by:
                yield f"{self._value(0, n, column)} IS DISTINCT FROM {self._value(1, n, column)}"

    def _value(self, side: int, n: int, column: str) -> str:
        """Return a value as it is, or as text where only its text tells all of it."""
        of = {types[column] for types in self.types}
        is_faithful = len(of) == 1 and of <= FAITHFUL
        return f"side_{side}_{n}" if is_faithful else f"CAST(side_{side}_{n} AS VARCHAR)"


def cancel(
    bench: Workbench, dataset: Dataset, checks: tuple[Multiset, ...], paths: tuple[Path, Path]
) -> Cancelled | None:
    """Replace the staged views of a dataset by what does not cancel out; None if it cannot be."""
    equal_by = dict.fromkeys((*dataset.key, *(c for check in checks for c in check.columns)))
    if any(_has_places_of_its_own(bench, path) for path in paths):
        return None
    types = (_types(bench, dataset, paths[0]), _types(bench, dataset, paths[1]))
    files = Files(dataset, paths, types, tuple(equal_by))
    kept = [bench.keep(f"{files.rows(at, range(0))} LIMIT 0") for at, _ in enumerate(SIDES)]
    pairs, stopped = _take_away(bench, files, kept)
    for at, side in enumerate(SIDES):
        rest = f"SELECT * FROM {kept[at]}"
        if stopped is not None:
            rest += f" UNION ALL {files.rows(at, range(stopped, END))}"
        target = f"{side}_raw.{name(dataset.name)}"
        bench.connection.execute(f"CREATE OR REPLACE VIEW {target} AS {rest}")
    return Cancelled(dataset.name, checks, pairs)


def _take_away(bench: Workbench, files: Files, kept: Sequence[str]) -> tuple[int, int | None]:
    """Keep the rows that do not cancel out; return how many pairs did, and the place to go on at.

    There is such a place where the files turn out to have different orders.
    """
    totals = (_total(bench, files.paths[0]), _total(bench, files.paths[1]))
    pairs = 0
    for round_ in _rounds(bench, files.paths[0]):
        found = bench.keep(" UNION ALL ".join(files.compared(rows) for rows in round_))
        figures = bench.all(f"SELECT n_0, n_1, places, n_apart FROM {found} ORDER BY start")
        for rows, (n_0, n_1, places, n_apart) in zip(round_, figures, strict=True):
            if n_apart > MOST_APART:
                return pairs, rows.start
            _require_all(files, rows, totals, (n_0, n_1))
            pairs += places - n_apart
            for at, table in enumerate(kept):
                bench.connection.execute(
                    f"INSERT INTO {table} SELECT unnest(row) FROM"
                    f" (SELECT unnest(rows_{at}) AS row FROM {found} WHERE start = {rows.start})"
                )
    return pairs, None


def _require_all(files: Files, rows: range, totals: tuple[int, int], read: tuple[int, int]) -> None:
    """Raise `CannotMeasure` unless each row of a piece was read once."""
    for path, total, n in zip(files.paths, totals, read, strict=True):
        if n != len(range(rows.start, min(rows.stop, total))):
            raise CannotMeasure(
                "a file has other rows than it says",
                where=str(path),
                why=f"{n:,} rows were read from row {rows.start:,} on, it has {total:,} in all",
                remedy="compare again once nothing writes to it",
            )


def _rounds(bench: Workbench, path: Path) -> Iterator[list[range]]:
    """Yield the pieces of a file, as many at once as there are threads; the last one has no end.

    Pieces begin where row groups do, so that none is read twice.
    """
    sizes = bench.all(
        "SELECT DISTINCT row_group_id, row_group_num_rows"
        f" FROM parquet_metadata({literal(str(path))}) ORDER BY 1"
    )
    starts, at = [0], 0
    for _, rows in sizes:
        if at - starts[-1] >= (PIECE_ROWS if len(starts) > 1 else FIRST_ROWS):
            starts.append(at)
        at += rows
    pieces = [range(start, stop) for start, stop in pairwise((*starts, END))]
    threads = int(bench.one("SELECT current_setting('threads')")[0])
    yield pieces[:1]
    for first in range(1, len(pieces), threads):
        yield pieces[first : first + threads]


def _has_places_of_its_own(bench: Workbench, path: Path) -> bool:
    """Say whether a column hides the place of a row."""
    found = bench.all(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})")
    return any(row[0].lower() == PLACE for row in found)


def _types(bench: Workbench, dataset: Dataset, path: Path) -> dict[str, str]:
    columns = ", ".join(f"{name(c)} AS {name(c)}" for c in dataset.columns)
    found = bench.all(f"DESCRIBE SELECT {columns} FROM read_parquet({literal(str(path))})")
    return dict(zip(dataset.columns, (row[1] for row in found), strict=True))


def _total(bench: Workbench, path: Path) -> int:
    return int(
        bench.one(f"SELECT sum(num_rows) FROM parquet_file_metadata({literal(str(path))})")[0]
    )
