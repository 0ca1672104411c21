"""The workbench: a private DuckDB in which both sides lie beside each other as text.

Bounded memory: it spills to a folder of its own, which is gone when the comparison is over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import duckdb
import pyarrow as pa

from cutline.errors import CannotMeasure
from cutline.parity.suite import Dataset, Suite

SideName = Literal["baseline", "candidate"]
SIDES: tuple[SideName, SideName] = ("baseline", "candidate")
MEMORY = "1GB"
NUMBERS = frozenset(
    (
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "BOOLEAN", "DATE"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    )
)
"""Types of at most 64 bits: of two different values DuckDB's `hash` is never the same."""


def name(identifier: str) -> str:
    """Return a quoted identifier; DuckDB, PostgreSQL and SQLite agree on it."""
    return '"' + identifier.replace('"', '""') + '"'


def as_text(columns: Sequence[str]) -> str:
    """Return columns as a list to select, each as text under its own name."""
    return ", ".join(f"CAST({name(c)} AS VARCHAR) AS {name(c)}" for c in columns)


def literal(value: str) -> str:
    """Return a quoted string literal."""
    return "'" + value.replace("'", "''") + "'"


def encode(columns: Sequence[str], table: str = "") -> str:
    """Return an expression that turns a row into one text, and no two different rows into the same.

    Each value carries its length, NULL is a mark that no length begins with: so ('a|b', 'c') and
    ('a', 'b|c'), NULL and 'NULL' stay apart.
    """
    prefix = f"{table}." if table else ""
    parts = (f"{prefix}{name(c)}" for c in columns)
    return " || ".join(f"coalesce(strlen({c}) || ':' || {c}, '-')" for c in parts)


UNREADABLE = (
    *(duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException),
    *(duckdb.OutOfMemoryException, duckdb.DataError),
)
"""What DuckDB raises for rows that cannot be read; anything else it raises is a bug of ours."""


@contextmanager
def readable() -> Iterator[None]:
    """Turn rows that cannot be read into the error that says so: files are read late."""
    try:
        yield
    except UNREADABLE as error:
        why = str(error).partition("\n")[0]
        raise CannotMeasure("the rows cannot be compared", why=why) from error


@dataclass
class Workbench:
    """Both sides in one DuckDB.

    Schemas `baseline_raw` and `candidate_raw` hold what the sources returned, `baseline` and
    `candidate` what is compared.
    """

    connection: duckdb.DuckDBPyConnection
    folder: tempfile.TemporaryDirectory[str]
    temporary: int = field(default=0)

    @classmethod
    def open(cls) -> Self:
        """Open an empty workbench in a folder that only we can read."""
        folder = tempfile.TemporaryDirectory(prefix="cutline-parity-")
        connection = duckdb.connect(":memory:")
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET temp_directory = {literal(folder.name)}")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        for side in SIDES:
            connection.execute(f"CREATE SCHEMA {side}_raw; CREATE SCHEMA {side}")
        return cls(connection, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.folder.cleanup()

    def stage(self, side: SideName, dataset: Dataset, rows: pa.RecordBatchReader) -> None:
        """Keep the rows of a dataset as `{side}_raw.{dataset}`, every column as text."""
        self.connection.register("incoming", rows)
        columns = as_text(dataset.columns)
        try:
            target = f"{side}_raw.{name(dataset.name)}"
            self.connection.execute(f"CREATE TABLE {target} AS SELECT {columns} FROM incoming")
        finally:
            self.connection.unregister("incoming")

    def view(self, target: str, sql: str) -> None:
        """Give a query a name."""
        self.connection.execute(f"CREATE VIEW {target} AS {sql}")

    def derive(self, suite: Suite) -> None:
        """Make the views of the suite, once the datasets they stand on are there."""
        for side in SIDES:
            for view in suite.views:
                sql = f"SELECT {as_text(view.columns)} FROM ({view.sql.format(side=side)})"
                self.view(f"{side}.{name(view.name)}", sql)

    def one(self, sql: str) -> tuple[Any, ...]:
        """Return the only row of a query."""
        row = self.connection.execute(sql).fetchone()
        if row is None:
            raise CannotMeasure("a measure returned no row", where=sql)
        return tuple(row)

    def numbers(self, relation: str) -> frozenset[str]:
        """Return the columns of a relation that are of the types `NUMBERS`."""
        return frozenset(row[0] for row in self.all(f"DESCRIBE {relation}") if row[1] in NUMBERS)

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        """Return every row of a query."""
        return self.connection.execute(sql).fetchall()

    def keep(self, sql: str) -> str:
        """Run a query once and return the name of the table that holds its rows."""
        self.temporary += 1
        target = f"kept_{self.temporary}"
        self.connection.execute(f"CREATE TABLE {target} AS {sql}")
        return target
