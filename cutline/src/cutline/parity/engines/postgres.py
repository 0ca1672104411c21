"""PostgreSQL: rows stream through ADBC onto the workbench, on one REPEATABLE READ snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import adbc_driver_postgresql.dbapi as adbc
import duckdb
import pyarrow as pa
from adbc_driver_manager import Error as AdbcError

from cutline.errors import CannotMeasure
from cutline.parity.engines.base import Source, bind, query_for
from cutline.parity.engines.server_prints import bucket, drill_query, prints_query
from cutline.parity.narrow import Lane, Prints, Seeds, prints_of
from cutline.parity.side import Side
from cutline.parity.suite import Dataset, Suite
from cutline.parity.workbench import SideName, Workbench, name


class PostgresSource(Source):
    """One PostgreSQL database, and in it the schema of the suite."""

    engine: ClassVar[str] = "postgres"

    def __init__(self, connection: Any, side: Side) -> None:  # noqa: ANN401  # ADBC has no types
        self._connection = connection
        self._values = {**side.params, "ingest": side.id}

    @classmethod
    def open(cls, side: Side, suite: Suite) -> Self:
        """Connect, choose the schema, take the snapshot."""
        schema = schema_of(suite, side)
        try:
            connection = adbc.connect(side.dsn, autocommit=True)
        except AdbcError as error:
            raise CannotMeasure(
                "PostgreSQL cannot be reached",
                why=_first_line(error),
                remedy="run `cutline doctor --dsn env:NAME` to see what it answers",
            ) from error
        source = cls(connection, side)
        source.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        source.run("SET LOCAL jit = off")
        if schema:
            source.require(schema)
        return source

    def require(self, schema: str) -> None:
        """Make the schema the only one that queries see, or say that it is not there."""
        self.run(f"SET LOCAL search_path TO {name(schema)}")
        if self.run("SELECT current_schema() IS NULL")[0][0]:
            self.close()
            raise CannotMeasure(
                "there is no such schema, or this role may not use it",
                where=schema,
                remedy="add --param source=…, and use a role that may read it",
            )

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        columns = (column.to_pylist() for column in self.table(sql).columns)
        return list(zip(*columns, strict=True))

    def table(self, sql: str) -> pa.Table:
        """Run one statement and return what it returns, an empty table if that is nothing."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetch_arrow_table() if cursor.description else pa.table({})
        except AdbcError as error:
            raise CannotMeasure("PostgreSQL refused a query", why=_first_line(error)) from error

    def version(self) -> str:
        """Return what the source says of itself."""
        return str(self.run("SELECT version()")[0][0])

    def stage(self, bench: Workbench, side: SideName, dataset: Dataset) -> None:
        """Stream the rows of a dataset onto the workbench."""
        columns = ", ".join(f"{name(c)}::text AS {name(c)}" for c in dataset.columns)
        self.stream(bench, side, dataset, f"SELECT {columns} FROM ({self.query(dataset)}) AS d")

    def prints(
        self, dataset: Dataset, key: Sequence[str], lanes: Sequence[Lane], seeds: Seeds
    ) -> Prints:
        """Return the fingerprints of a dataset by bucket, computed by the server in one pass."""
        bucketed = self._bucket(dataset, key, seeds)
        rows = self.run(prints_query(self.query(dataset), bucketed, lanes, seeds))
        return {int(row[0]): prints_of(row[1:]) for row in rows}

    def stage_buckets(  # one pass has that many sides
        self,
        bench: Workbench,
        side: SideName,
        dataset: Dataset,
        *,
        key: Sequence[str],
        buckets: Sequence[int],
        seeds: Seeds,
    ) -> None:
        """Stream only the rows of some buckets onto the workbench."""
        bucketed = self._bucket(dataset, key, seeds)
        sql = drill_query(self.query(dataset), dataset.columns, bucketed, buckets)
        self.stream(bench, side, dataset, sql)

    def _bucket(self, dataset: Dataset, key: Sequence[str], seeds: Seeds) -> str:
        """Return the expression of a row's bucket, by the types of the key."""
        columns = ", ".join(name(column) for column in key)
        table = self.table(f"SELECT {columns} FROM ({self.query(dataset)}) AS d LIMIT 0")
        integers = {field.name for field in table.schema if pa.types.is_integer(field.type)}
        return bucket(key, integers, seeds)

    def query(self, dataset: Dataset) -> str:
        """Return the dataset's query with its parameters bound."""
        return bind(query_for(self.engine, dataset), self._values)

    def stream(self, bench: Workbench, side: SideName, dataset: Dataset, sql: str) -> None:
        """Stream the rows of `sql` onto the workbench."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                bench.stage(side, dataset, cursor.fetch_record_batch())
        except (AdbcError, pa.ArrowException, duckdb.Error) as error:
            where = f"dataset {dataset.name}"
            raise CannotMeasure(
                "the rows cannot be read", where=where, why=_first_line(error)
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def schema_of(suite: Suite, side: Side) -> str:
    """Return the schema of this side, or "" where the DSN itself names the `search_path`."""
    if "search_path" in side.dsn and not side.params:
        return ""
    try:
        return suite.schema.format(**side.params)
    except KeyError as missing:
        raise CannotMeasure(
            f"the suite {suite.name} asks for the parameter {missing.args[0]}",
            why=f"its schema is {suite.schema}",
            remedy=f"add --param {missing.args[0]}=…",
        ) from missing


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
