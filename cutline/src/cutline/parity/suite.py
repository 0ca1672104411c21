"""A suite: datasets and checks, as data. It names what is compared and decides nothing.

Everything a suite says in SQL is one of two things. A dataset's queries run in the system that
holds the data, one query an engine. Everything else (a measure, a condition, a view) runs in DuckDB
over what the queries returned, where every value is text: the canonical text that the source itself
prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


class Severity(StrEnum):
    """What a gate that does not hold means: BLOCKER forbids the cutover, WARNING is printed."""

    BLOCKER = "BLOCKER"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows to compare: one query an engine, the columns it returns, and the stable key of an item.

    `queries` maps an engine (`postgres`, `sqlite`, `files`) to its query; `:ingest` and the names
    of `Side.params` are bound by the engine. For `files` the value is the stem of the file in the
    folder. `key` pairs an item with itself on the other side; it need not be unique, and without
    one whole rows are compared.
    """

    name: str
    queries: Mapping[str, str]
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    owner: str = ""
    """The column with the key of the item a row belongs to, together with which it is set apart."""


@dataclass(frozen=True, slots=True)
class View:
    """Rows derived from datasets of the same side, without reading a source again.

    `sql` is DuckDB SQL; `{side}` stands for the schema of the side.
    """

    name: str
    sql: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of the closed list why only the candidate holds an item.

    `holds` is a condition on `c`, the candidate's row; `baseline_raw` and `candidate_raw` hold
    everything both sides returned. `contradicts`, on `c` and its counterpart `b`, says when the
    reason is claimed for an item that the baseline holds all the same.
    """

    name: str
    holds: str
    contradicts: str = ""


@dataclass(frozen=True, slots=True)
class Apart:
    """What only the candidate can hold: items whose key the baseline lacks, each with a reason."""

    dataset: str
    key: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A pair that cannot be compared: `when` holds over `baseline_raw` and `candidate_raw`."""

    name: str
    when: str
    what: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One comparison of baseline and candidate."""

    name: str
    title: str
    dataset: str
    severity: Severity = Severity.BLOCKER
    note: str = ""
    where: str = ""
    """Only rows for which this holds: a condition in DuckDB SQL over columns that are all text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Check):
    """Every row of both sides fulfils `holds`."""

    holds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Check):
    """One figure, equal on both sides. `measure` is an aggregate."""

    measure: str = "count(*)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiset(Check):
    """The same rows of `columns`, as often, on both sides.

    `where` and `unless` judge an item by both sides, so a value lost on one side does not hide it:
    left out is only an item of which no side fulfils `where`, or one fulfils `unless`. Without a
    key each row is judged alone.
    """

    columns: tuple[str, ...]
    unless: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence(Check):
    """The candidate's share of rows with `column` is at most `tolerance_points` below."""

    column: str
    tolerance_points: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(Check):
    """As many rows in each group on both sides."""

    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Check):
    """A figure that may differ a little.

    By default the deviation |candidate - baseline| / baseline is judged, WARNING above
    `warn_above`, BLOCKER above `block_above`. With `quotient` candidate / baseline is judged, also
    from below.
    """

    measure: str
    quotient: bool = False
    warn_above: Fraction | None = None
    block_above: Fraction | None = None
    warn_below: Fraction | None = None
    block_below: Fraction | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects(Check):
    """Each row's object exists in the store, with its size.

    Only judged when objects are asked for.
    """

    bucket: str
    key: str
    size: str


@dataclass(frozen=True, slots=True)
class Suite:
    """Datasets, views, what may be set apart, what is refused, and checks in their order.

    `schema` is the PostgreSQL schema of a side, with `{name}` for each of `Side.params`.
    """

    name: str
    title: str
    datasets: tuple[Dataset, ...]
    checks: tuple[Check, ...]
    views: tuple[View, ...] = ()
    apart: Apart | None = None
    refusals: tuple[Refusal, ...] = ()
    schema: str = ""
    describe: Mapping[str, str] = field(default_factory=dict)
    """What a report says of a side: a label and a scalar query over `{side}_raw`."""

    def relation(self, name: str) -> Dataset | View:
        """Return the dataset or view of that name."""
        named: dict[str, Dataset | View] = {one.name: one for one in self.datasets}
        named |= {one.name: one for one in self.views}
        return named[name]
