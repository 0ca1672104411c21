"""Notes as they lie in the archive."""

from __future__ import annotations

from typing import Any, Final

from postroom.archive.transaction import Row, Transaction

_COLUMNS: Final = "id, author, body, pinned, created_at, updated_at"


def notes_of(tx: Transaction, item_id: str) -> list[dict[str, Any]]:
    """Read the notes of a message: pinned ones first, then the oldest first."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM item_notes WHERE email_id = :id"  # noqa: S608
        " ORDER BY pinned DESC, created_at, id",
        id=item_id,
    )
    return [_as_json(row) for row in rows]


def note_of(tx: Transaction, item_id: str, note_id: str) -> dict[str, Any] | None:
    """Read one note of a message."""
    row = tx.row(
        f"SELECT {_COLUMNS} FROM item_notes WHERE email_id = :item_id AND id = :id",  # noqa: S608
        item_id=item_id,
        id=note_id,
    )
    return None if row is None else _as_json(row)


def _as_json(row: Row) -> dict[str, Any]:
    return {**row, "pinned": bool(row["pinned"])}
