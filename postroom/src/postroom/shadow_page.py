"""A shadow run as a table for the terminal, as a page, and as JSON."""

from __future__ import annotations

import csv
import io
from typing import Any

from rich.markup import escape
from rich.table import Table

from cutline.parity import PairResult
from cutline.parity.pairs import COLUMNS
from postroom.shadow import Shadowed, ShadowRun, seconds_of

_HEADINGS = (
    "file",
    "MB",
    "v1 mails",
    "v2 mails",
    "v1 lost",
    "only v2 reads",
    "v1 s",
    "v2 s",
    "verdict",
    "what blocks",
)
_TEXT_COLUMNS = ("file", "only v2 reads", "verdict", _HEADINGS[-1])

_PAGE = """# What v2 reads in the corpus and v1 does not

74 real PST files, each ingested by v1 and by v2 and judged by the suite `postroom.pst`. The page
is made by `postroom shadow "$POSTROOM_CORPUS"/*.[po]st --markdown docs/corpus.md`.

*v1 lost* counts the errors that v1 recorded. *Only v2 reads* counts the messages on node paths that
v1 does not have, by the reason that the gates accepted; a message without one of them blocks.

"""


def as_table(run: ShadowRun) -> Table:
    """Return the files as an aligned table for a terminal."""
    table = Table(box=None, pad_edge=False)
    for heading in _HEADINGS:
        left = heading in _TEXT_COLUMNS
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    for shadowed, result in run.results():
        table.add_row(*(escape(cell) for cell in _cells(shadowed, result)))
    return table


def as_markdown(run: ShadowRun) -> str:
    """Return the files as a page; names are escaped."""
    rules = ["---" if heading in _TEXT_COLUMNS else "---:" for heading in _HEADINGS]
    rows = [_cells(shadowed, result) for shadowed, result in run.results()]
    lines = [_line(_HEADINGS), _line(rules), *(_line(row) for row in rows)]
    return f"{_PAGE}{chr(10).join(lines)}\n\nVerdict over all: **{run.report.verdict}**\n"


def as_json(run: ShadowRun) -> dict[str, Any]:
    """Return the report over the set with both ingests of each file beside."""
    files = [
        {
            "file": str(shadowed.file.path),
            "class": shadowed.file.kind,
            "v1": shadowed.v1.as_json(),
            "v2": shadowed.v2.as_json(),
        }
        for shadowed in run.files
    ]
    return {**run.report.as_json(), "files": files}


def _cells(shadowed: Shadowed, result: PairResult) -> list[str]:
    return [
        shadowed.file.path.name,
        f"{(shadowed.v1.size_bytes or 0) / 1e6:.1f}",
        _count(shadowed.v1.total_emails),
        _count(shadowed.v2.total_emails),
        f"{shadowed.v1.item_errors:,}",
        _apart(result),
        _seconds(seconds_of(shadowed.v1)),
        _seconds(seconds_of(shadowed.v2)),
        str(result.verdict),
        _reason(shadowed, result),
    ]


def _apart(result: PairResult) -> str:
    if result.report is None:
        return ""
    reasons = result.report.apart.by_reason
    return ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()) if count)


def _reason(shadowed: Shadowed, result: PairResult) -> str:
    failed = [
        f"{ingest.engine} failed: {ingest.error_message}"
        for ingest in (shadowed.v1, shadowed.v2)
        if ingest.error_message
    ]
    blocked = list(result.report.blockers) if result.report else [result.refused]
    return "; ".join(" ".join(part.split()) for part in [*failed, *blocked])


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    escaped = (
        cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") for cell in cells
    )
    return f"| {' | '.join(escaped)} |"


def as_pairs(run: ShadowRun) -> str:
    """Return the pairs as CSV: `baseline,candidate,class`, a line each."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows((both.v1.id, both.v2.id, both.file.name) for both in run.files)
    return text.getvalue()
