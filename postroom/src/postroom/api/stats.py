"""What a source holds, in numbers."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from postroom.api.context import About
from postroom.api.models import Stats
from postroom.api.words import ERRORS
from postroom.archive.transaction import Transaction

router = APIRouter(tags=["service"], responses=ERRORS)

_COUNTS: Final = {
    "emails": "SELECT count(*) FROM email_messages",
    "attachments": "SELECT count(*) FROM email_attachments",
    "item_errors": "SELECT count(*) FROM ingest_errors"
    " WHERE kind NOT IN ('omitted', 'not_in_table', 'orphan')",
    "notes": "SELECT count(*) FROM item_notes",
}
_BY: Final = {
    "documents": "SELECT status AS name, count(*) AS count FROM documents GROUP BY status",
    "ingests": "SELECT processing_status AS name, count(*) AS count FROM pst_files"
    " GROUP BY processing_status",
}


@router.get("/stats")
def show_stats(about: About) -> Stats:
    """Count what the source holds, all at one moment."""
    with about.archive.reading() as tx:
        return Stats.model_validate({"source_id": about.source_id, **count(tx)})


def count(tx: Transaction) -> dict[str, Any]:
    """Count everything; a status that nothing has is not named."""
    numbers: dict[str, Any] = {name: tx.value(query) for name, query in _COUNTS.items()}
    for name, query in _BY.items():
        numbers[name] = {row["name"]: row["count"] for row in tx.rows(query + " ORDER BY 1")}
    return numbers
