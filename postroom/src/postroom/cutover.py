"""What Postroom offers to Cutline: the parity suite `postroom.pst`."""

from __future__ import annotations

from cutline.parity.suite import Suite
from postroom.parity import gates, rows

PINNED_PYPFF = rows.PINNED_PYPFF


def pst_suite() -> Suite:
    """Return the suite that compares an ingest by v1 with one of the same file by v2."""
    return Suite(
        name="postroom.pst",
        title="PST ingest: v2 against v1",
        datasets=rows.DATASETS,
        views=rows.VIEWS,
        checks=gates.CHECKS,
        apart=rows.APART,
        refusals=rows.REFUSALS,
        schema="src_{source}",
        describe=rows.DESCRIBE,
    )
