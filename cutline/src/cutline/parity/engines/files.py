"""Files: Parquet, CSV and NDJSON (also gzip), read in place by DuckDB."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import ClassVar, Self, TextIO

import duckdb

from cutline.errors import CannotMeasure
from cutline.parity.engines.base import Source, path_of, query_for
from cutline.parity.side import Side
from cutline.parity.suite import Dataset, Suite
from cutline.parity.workbench import SideName, Workbench, as_text, literal, name

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".ndjson", ".ndjson.gz")

OBJECT_BYTES = 1 << 26
"""The longest line of NDJSON; the reader takes a multiple of it for each thread."""


class FilesSource(Source):
    """A folder with one file a dataset.

    Nothing is copied: the workbench reads the file where it lies.

    CSV is read as PostgreSQL's COPY reads it: an unquoted empty field is NULL, `""` is the empty
    string. Every value is compared as the text in the file, so 1.0 and 1.00 differ; Parquet values
    as DuckDB prints them.
    """

    engine: ClassVar[str] = "files"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, side: Side, suite: Suite) -> Self:  # noqa: ARG003  # a folder has no schema
        """Open the folder of `files:///folder`."""
        folder = path_of(side.dsn)
        if not folder.is_dir():
            raise CannotMeasure("there is no such folder", where=str(folder))
        return cls(folder)

    def version(self) -> str:
        """Return what the source says of itself."""
        return f"a folder with {sum(1 for _ in self._folder.iterdir())} entries"

    def stage(self, bench: Workbench, side: SideName, dataset: Dataset) -> None:
        """Let the workbench see the file as the dataset."""
        path = self._file(query_for(self.engine, dataset))
        target = f"{side}_raw.{name(dataset.name)}"
        try:
            bench.view(target, f"SELECT {as_text(dataset.columns)} FROM {_reader(path, dataset)}")
        except duckdb.Error as error:
            raise CannotMeasure(
                "this file cannot be read", where=str(path), why=str(error)
            ) from error

    def parquet(self, dataset: Dataset) -> Path | None:
        """Return the file of a dataset if it is Parquet: its rows can be asked for by place."""
        path = self._file(query_for(self.engine, dataset))
        return path if path.name.endswith(".parquet") else None

    def close(self) -> None:
        """Nothing is held open."""

    def _file(self, stem: str) -> Path:
        found = [
            self._folder / f"{stem}{s}" for s in SUFFIXES if (self._folder / f"{stem}{s}").is_file()
        ]
        if len(found) != 1:
            raise CannotMeasure(
                f"{stem} must be there once",
                where=str(self._folder),
                why=f"found {', '.join(p.name for p in found) or 'nothing'}",
                remedy=f"keep one of {', '.join(stem + s for s in SUFFIXES)}",
            )
        return found[0]


def _reader(path: Path, dataset: Dataset) -> str:
    at = literal(str(path))
    if path.name.endswith(".parquet"):
        return f"read_parquet({at})"
    if ".csv" in path.name:
        options = "header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false"
        return f"read_csv({at}, {options}, allow_quoted_nulls = false, {_columns(path)})"
    columns = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in dataset.columns)
    return f"read_ndjson({at}, columns = {{{columns}}}, maximum_object_size = {OBJECT_BYTES})"


def _columns(path: Path) -> str:
    """Name the columns of the header, so that nothing is guessed from the rows."""
    with _text_of(path) as file:
        header = next(csv.reader(file), [])
    pairs = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in header)
    return f"columns = {{{pairs}}}"


def _text_of(path: Path) -> TextIO:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
