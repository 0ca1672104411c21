"""Messages drawn by chance, field by field."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from postroom.api.item import read_item
from postroom.api.models import Item
from postroom.archive import Archive
from postroom.smoke.asked import Asked
from postroom.smoke.verdict import Verdict, failed, passed

_TRIES: Final = 3
_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z")
_TICKS: Final = 10_000_000
_HALF_A_MICROSECOND: Final = 5
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
        wrong = sorted(name for name in names if not is_same(told.get(name), rows.get(name)))
        if not wrong:
            return ""
        differs = f"{', '.join(wrong)} differ from the rows"
    return differs


def is_same(told: object, row: object) -> bool:
    """Say whether two values are the same; instants are to the microsecond that both stores hold.

    SQLite has all seven digits of a FILETIME, PostgreSQL six of them, rounded.
    """
    match told, row:
        case dict(), dict():
            return told.keys() == row.keys() and all(is_same(told[n], row[n]) for n in told)
        case list(), list():
            return len(told) == len(row) and all(map(is_same, told, row))
        case str(), str() if told != row:
            one, other = _INSTANT.fullmatch(told), _INSTANT.fullmatch(row)
            return one is not None and other is not None and _is_near(one, other)
        case _:
            return told == row


def _is_near(one: re.Match[str], other: re.Match[str]) -> bool:
    """Say whether two instants are at most half a microsecond apart."""
    apart = datetime.fromisoformat(f"{one[1]}Z") - datetime.fromisoformat(f"{other[1]}Z")
    ticks = int(apart.total_seconds()) * _TICKS + _fraction(one)
    return abs(ticks - _fraction(other)) <= _HALF_A_MICROSECOND


def _fraction(instant: re.Match[str]) -> int:
    return int((instant[2] or "").ljust(7, "0"))


def _rows(asked: Asked, item_id: str) -> dict[str, Any]:
    with asked.archive.reading() as tx:
        return Item.model_validate(read_item(tx, item_id)).model_dump(mode="json")
