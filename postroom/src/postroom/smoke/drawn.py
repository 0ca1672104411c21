"""Messages drawn by chance, field by field."""

from __future__ import annotations

from typing import Any, Final

from postroom.api.item import read_item
from postroom.api.models import Item
from postroom.archive import Archive
from postroom.smoke.asked import Asked
from postroom.smoke.verdict import Verdict, failed, passed

_TRIES: Final = 3
_WRITTEN: Final = frozenset({"notes", "meta", "tags", "pinned_notes"})
"""What people write; a generation that is only looked at has it up to the last catching up."""


def draw(archive: Archive, items: int) -> tuple[str, ...]:
    """Draw the ids of that many messages by chance, of all if there are fewer."""
    query = "SELECT id FROM email_messages ORDER BY random() LIMIT :items"
    with archive.reading() as tx:
        return tuple(str(row["id"]) for row in tx.rows(query, items=items))


def check_items(asked: Asked) -> Verdict:
    """Each drawn message is answered as its rows say, with all that belongs to it."""
    if not asked.drawn:
        return failed("the source holds no message")
    for item_id in asked.drawn:
        if differs := _difference(asked, item_id):
            return failed(f"item {item_id}: {differs}")
    left_out = ", notes and values apart" if asked.generation is not None else ""
    return passed(f"{len(asked.drawn)} messages equal field by field{left_out}")


def _difference(asked: Asked, item_id: str) -> str:
    """Say how the answer differs from the rows, by names of fields; empty if it does not.

    People write to messages meanwhile: what differs is read again.
    """
    differs = ""
    for _ in range(_TRIES):
        answer = asked.service.get(f"/items/{item_id}")
        if not answer.is_success:
            return f"answered {answer.status_code}"
        told, rows = answer.json(), _rows(asked, item_id)
        names = {*told, *rows} - (_WRITTEN if asked.generation is not None else set())
        wrong = sorted(name for name in names if told.get(name) != rows.get(name))
        if not wrong:
            return ""
        differs = f"{', '.join(wrong)} differ from the rows"
    return differs


def _rows(asked: Asked, item_id: str) -> dict[str, Any]:
    with asked.archive.reading() as tx:
        return Item.model_validate(read_item(tx, item_id)).model_dump(mode="json")
