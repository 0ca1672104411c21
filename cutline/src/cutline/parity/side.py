"""What is compared, and how: the two sides and the options of one comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cutline.parity.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: where its rows lie and which of them are meant.

    `dsn` is `sqlite:///path`, `postgresql://…` or `files:///folder`; it may hold a password and is
    never printed. `id` is bound as `:ingest`, `params` by their names.
    """

    dsn: str
    id: str
    params: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Name the side without its DSN, which may hold a password."""
        return f"Side(id={self.id!r}, params={dict(self.params)!r})"


@dataclass(frozen=True, slots=True)
class Options:
    """How a comparison is made. The defaults are those of `cutline parity`."""

    exact: bool = False
    objects: bool = False
    """Look at each object of the checks `objects`: `--s3-head`."""
    store: str | Path | None = None
    """The folder in which the objects of bucket `local` lie, or `s3://bucket/prefix`."""
    show_values: bool = False
    strict: bool = False
    waivers: tuple[Waiver, ...] = ()
    samples: int = 20
    """At most so many differences of a check are shown; totals are always exact."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
