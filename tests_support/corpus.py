"""The corpus of real PST files, found through `POSTROOM_CORPUS`."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

SKIP = pytest.mark.skip(reason="NO CORPUS: POSTROOM_CORPUS names no folder with a corpus.csv")


def rows() -> list[dict[str, str]]:
    """The lines of `corpus.csv`, by file name; none without a corpus."""
    folder = _folder()
    if folder is None:
        return []
    with (folder / "corpus.csv").open(newline="", encoding="utf-8") as file:
        return sorted(csv.DictReader(file), key=lambda row: row["file"])


def path(row: dict[str, str]) -> Path:
    """The file of a line."""
    return Path(os.environ["POSTROOM_CORPUS"]) / row["file"]


def each() -> list[object]:
    """A parameter for each file; one skipped parameter without a corpus."""
    found = [pytest.param(row, id=row["file"]) for row in rows()]
    return list(found) or [pytest.param({}, marks=SKIP, id="no-corpus")]


def _folder() -> Path | None:
    named = os.environ.get("POSTROOM_CORPUS")
    folder = Path(named) if named else None
    return folder if folder is not None and (folder / "corpus.csv").is_file() else None
