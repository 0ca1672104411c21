"""What every engine offers: the rows of a dataset as text, read on one snapshot."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

import pyarrow as pa

from cutline.errors import CannotMeasure
from cutline.parity.side import Side
from cutline.parity.suite import Dataset, Suite
from cutline.parity.workbench import SideName, Workbench, literal

PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")


class Source(ABC):
    """One side's data, opened for reading. Everything is read on the snapshot of `open`."""

    engine: ClassVar[str]

    @classmethod
    @abstractmethod
    def open(cls, side: Side, suite: Suite) -> Self:
        """Open the source; raises `CannotMeasure` with what to do."""

    @classmethod
    def probe(cls, dsn: str) -> str:
        """Open a DSN and say what answers; raises as `open` does."""
        source = cls.open(Side(dsn, ""), Suite("probe", "", (), ()))
        try:
            return source.version()
        finally:
            source.close()

    @abstractmethod
    def version(self) -> str:
        """Return what the source says of itself."""

    @abstractmethod
    def stage(self, bench: Workbench, side: SideName, dataset: Dataset) -> None:
        """Bring the rows of a dataset onto the workbench, in one pass over the table."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the source."""


def path_of(dsn: str) -> Path:
    """Return the absolute path of `sqlite:///path` or `files:///path`, taken as written."""
    return Path("/" + dsn.partition(":")[2].lstrip("/"))


def query_for(engine: str, dataset: Dataset) -> str:
    """Return the dataset's query for an engine, or say that it has none."""
    if engine not in dataset.queries:
        raise CannotMeasure(
            f"dataset {dataset.name} cannot be read by engine {engine}",
            why=f"the suite has queries for {', '.join(dataset.queries)}",
            remedy="name a DSN of one of those engines",
        )
    return dataset.queries[engine]


def bind(query: str, values: Mapping[str, str]) -> str:
    """Put the parameters into a query as quoted literals. An unknown name is refused."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise CannotMeasure(
                f"the query asks for the parameter {found[1]}",
                why="it was not given",
                remedy=f"add --param {found[1]}=…",
            )
        return literal(values[found[1]])

    return PARAMETER.sub(value, query)


def text_batch(columns: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> pa.RecordBatch:
    """Return rows of text as one Arrow batch."""
    arrays = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=text_schema(columns))


def text_schema(columns: tuple[str, ...]) -> pa.Schema:
    """Return the schema of columns that are all text."""
    return pa.schema([(column, pa.string()) for column in columns])
