"""The one row that a query must answer with."""

from __future__ import annotations

from collections.abc import Sequence

from cutline.probes.answer import NoReading

Row = dict[str, object]


def one_row(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Row:
    """Return the row by names of columns; raises `NoReading` for none, several or equal names."""
    if len(rows) != 1:
        found = "none" if not rows else "more than one"
        raise NoReading("the query must answer with one row", why=f"it answered with {found}")
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise NoReading("the query has two columns of one name", why=", ".join(twice))
    return dict(zip(columns, rows[0], strict=True))
