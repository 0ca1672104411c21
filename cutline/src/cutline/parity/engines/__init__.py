"""Where rows come from: one engine a file, found by the DSN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cutline.errors import WrongUsage
from cutline.parity.engines.base import Source
from cutline.parity.engines.files import FilesSource
from cutline.parity.engines.postgres import PostgresSource
from cutline.parity.engines.sqlite import SqliteSource

if TYPE_CHECKING:
    from cutline.parity.side import Side
    from cutline.parity.suite import Suite

__all__ = ["Source", "open_source", "probe"]

ENGINES: dict[str, type[Source]] = {
    "sqlite": SqliteSource,
    "postgresql": PostgresSource,
    "postgres": PostgresSource,
    "files": FilesSource,
}


def open_source(side: Side, suite: Suite) -> Source:
    """Open the source of a side for reading, on one snapshot.

    Raises `WrongUsage` for a DSN of no engine and `CannotMeasure` where it cannot be opened.
    """
    return _engine(side.dsn).open(side, suite)


def probe(dsn: str) -> str:
    """Return what answers at a DSN; raises as `open_source` does."""
    return _engine(dsn).probe(dsn)


def _engine(dsn: str) -> type[Source]:
    scheme = dsn.partition(":")[0].lower()
    if scheme not in ENGINES:
        raise WrongUsage(
            "no engine reads this DSN",
            where=f"{scheme}:…",
            why=f"known are {', '.join(ENGINES)}",
            remedy="write sqlite:///path/to/file, postgresql://host/db or files:///folder",
        )
    return ENGINES[scheme]
