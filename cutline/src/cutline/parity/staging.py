"""Bring both sides onto the workbench: whole datasets, or only what their server found differing.

Where both sides lie in PostgreSQL and a dataset is only compared as multisets, the server makes the
fingerprints and only the rows of differing buckets travel. Where both are Parquet, rows that are
equal at the same place cancel out first. Everything else is read whole, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from cutline.parity.context import Context, MultisetFound
from cutline.parity.engines import Source, open_source
from cutline.parity.engines.files import FilesSource
from cutline.parity.engines.postgres import PostgresSource
from cutline.parity.narrow import Lane, Prints, Seeds
from cutline.parity.places import Cancelled, cancel
from cutline.parity.scans import drill, key_of, suspects
from cutline.parity.side import Side
from cutline.parity.suite import Dataset, Multiset, Suite
from cutline.parity.workbench import SIDES, SideName, Workbench, name


@dataclass(frozen=True, slots=True)
class Remote:
    """A dataset whose fingerprints its server made; the rows of suspect buckets are staged."""

    dataset: str
    checks: tuple[Multiset, ...]
    prints: tuple[Prints, Prints]

    def compare(self, context: Context) -> dict[str, MultisetFound]:
        """Compare the checks of the dataset, by their names."""
        lanes = [Lane(check.columns) for check in self.checks]
        drilled = [f"{side}.{name(self.dataset)}" for side in SIDES]
        return drill(context, self.checks, lanes, self.prints, drilled)


def stage(
    bench: Workbench, suite: Suite, sides: Mapping[SideName, Side], *, exact: bool
) -> list[Remote | Cancelled]:
    """Stage every dataset of both sides, each side read on one snapshot.

    Returned are the datasets whose checks know themselves how to compare what was staged.
    """
    special: list[Remote | Cancelled] = []
    with ExitStack() as stack:
        sources: dict[SideName, Source] = {}
        for side, where in sides.items():
            sources[side] = open_source(where, suite)
            stack.callback(sources[side].close)
        for dataset in suite.datasets:
            checks = () if exact else _plain(suite, dataset)
            left, right = sources["baseline"], sources["candidate"]
            if checks and isinstance(left, PostgresSource) and isinstance(right, PostgresSource):
                special.append(_remote(bench, dataset, checks, (left, right)))
                continue
            for side, source in sources.items():
                source.stage(bench, side, dataset)
            if checks and isinstance(left, FilesSource) and isinstance(right, FilesSource):
                special += _cancelled(bench, dataset, checks, (left, right))
    return special


def _plain(suite: Suite, dataset: Dataset) -> tuple[Multiset, ...]:
    """Return the checks of a dataset if nothing asks for more of it than how it differs."""
    checks = [check for check in suite.checks if check.dataset == dataset.name]
    plain = [c for c in checks if isinstance(c, Multiset) and not c.where and not c.unless]
    is_alone = not suite.views and not suite.refusals and not suite.describe
    is_whole = suite.apart is None
    return tuple(plain) if len(plain) == len(checks) and is_alone and is_whole else ()


def _cancelled(
    bench: Workbench,
    dataset: Dataset,
    checks: tuple[Multiset, ...],
    sources: tuple[FilesSource, FilesSource],
) -> list[Cancelled]:
    left, right = (source.parquet(dataset) for source in sources)
    if left is None or right is None:
        return []
    found = cancel(bench, dataset, checks, (left, right))
    return [found] if found else []


def _remote(
    bench: Workbench,
    dataset: Dataset,
    checks: Sequence[Multiset],
    sources: tuple[PostgresSource, PostgresSource],
) -> Remote:
    seeds = Seeds.draw()
    lanes = [Lane(check.columns) for check in checks]
    key = key_of(dataset, lanes)
    left, right = (source.prints(dataset, key, lanes, seeds) for source in sources)
    buckets = suspects(left, right, len(lanes))
    for side, source in zip(SIDES, sources, strict=True):
        source.stage_buckets(bench, side, dataset, key=key, buckets=buckets, seeds=seeds)
    return Remote(dataset.name, tuple(checks), (left, right))
