"""Whether tasks may begin on a source: while it is about to move they may not."""

from __future__ import annotations

from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Transaction
from postroom.errors import Paused

# Each store says it by itself: the file by its fence, the schema by the view of its registry row.
_PAUSED: Final = {
    "sqlite": "SELECT is_paused FROM move_fence",
    "postgres": "SELECT is_paused FROM placement",
}


def is_paused(archive: Archive) -> bool:
    """Say whether tasks of a source are to wait now."""
    with archive.reading() as tx:
        return _is_paused(tx)


def check_not_paused(tx: Transaction, source_id: str) -> None:
    """Raise `Paused` while tasks of the source are to wait; part of the caller's transaction."""
    if _is_paused(tx):
        raise Paused(
            "no task begins on this source now",
            where=f"source {source_id}",
            why="its tasks are paused, so that it can move",
            remedy=f"postroom source status {source_id} says how far it is; tasks then go on",
        )


def _is_paused(tx: Transaction) -> bool:
    return bool(tx.value(_PAUSED[tx.backend]))
