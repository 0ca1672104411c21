"""SQLite: the whole dataset is read once, in batches, and compared on the workbench."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import quote

import duckdb
import pyarrow as pa

from cutline.errors import CannotMeasure
from cutline.parity.engines.base import Source, path_of, query_for, text_batch, text_schema
from cutline.parity.side import Side
from cutline.parity.suite import Dataset, Suite
from cutline.parity.workbench import SideName, Workbench

BATCH = 10_000


class SqliteSource(Source):
    """One SQLite file, opened read-only, read in one transaction.

    Queries may call `sha256_text(value)`: the hex SHA-256 of a text's UTF-8.
    """

    engine: ClassVar[str] = "sqlite"

    def __init__(self, connection: sqlite3.Connection, side: Side, path: Path) -> None:
        self._connection = connection
        self._values = {**side.params, "ingest": side.id}
        self._path = path

    @classmethod
    def open(cls, side: Side, suite: Suite) -> Self:  # noqa: ARG003  # a file is one source: it has no schema
        """Open the file of `sqlite:///path` and begin the transaction everything is read in."""
        path = path_of(side.dsn)
        if not path.is_file():
            raise CannotMeasure(
                "there is no such SQLite file",
                where=str(path),
                remedy="a DSN names an absolute path after three slashes: sqlite:////srv/a.sqlite",
            )
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.create_function("sha256_text", 1, _sha256_text, deterministic=True)
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise CannotMeasure(
                "this file cannot be read", where=str(path), why=str(error)
            ) from error
        return cls(connection, side, path)

    def version(self) -> str:
        """Return what the source says of itself."""
        return f"SQLite {sqlite3.sqlite_version}, {self._path.name}"

    def stage(self, bench: Workbench, side: SideName, dataset: Dataset) -> None:
        """Bring the rows of a dataset onto the workbench."""
        try:
            cursor = self._connection.execute(query_for(self.engine, dataset), self._values)
            with closing(cursor):
                batches = _batches(cursor, dataset.columns)
                schema = text_schema(dataset.columns)
                bench.stage(side, dataset, pa.RecordBatchReader.from_batches(schema, batches))
        except (sqlite3.Error, duckdb.Error, UnicodeError) as error:
            where = f"{self._path}, dataset {dataset.name}"
            raise CannotMeasure("the rows cannot be read", where=where, why=str(error)) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _batches(cursor: sqlite3.Cursor, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    names = tuple(entry[0] for entry in cursor.description)
    if names != columns:
        raise sqlite3.ProgrammingError(f"the query returns {names}, the dataset says {columns}")
    while rows := cursor.fetchmany(BATCH):
        yield text_batch(columns, [tuple(map(canonical, row)) for row in rows])


def canonical(value: object) -> str | None:
    """Return the text of a value as Python prints it, a BLOB as PostgreSQL prints bytea."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return repr(value)


def _sha256_text(value: object) -> str | None:
    if value is None:
        return None
    return hashlib.sha256(str(value).encode()).hexdigest()
