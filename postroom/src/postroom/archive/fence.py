"""The fence of a SQLite archive: one row that says whether the file takes writes, and since when.

A file that never met PostgreSQL has no row and no fence. Triggers on every table read the row, so
that a program that knows nothing of it is held off too. PostgreSQL's fence is what its role may do.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

CLOSED: Final = "postroom: this source is closed here"
"""What the triggers of a closed fence raise."""


@dataclass(frozen=True, slots=True)
class Fence:
    """`epoch` is that of the registry when the fence last changed.

    `is_paused` tells tasks not to begin. `loss_accepted` names who opened the file while PostgreSQL
    was gone, and when; such a file is not closed again before it has been reconciled. `carried`
    counts what was carried back into the file: a copy from before knows of less than the registry.
    """

    is_open: bool
    epoch: int
    is_paused: bool = False
    loss_accepted: str | None = None
    carried: int = 0


def fence_of(connection: sqlite3.Connection) -> Fence | None:
    """Read the fence in the caller's transaction; None for a file that has none."""
    row = connection.execute(
        "SELECT is_open, epoch, is_paused, loss_accepted, carried FROM move_fence"
    ).fetchone()
    if row is None:
        return None
    return Fence(bool(row[0]), row[1], bool(row[2]), row[3], row[4])


def build_fence(connection: sqlite3.Connection, epoch: int) -> None:
    """Give the file a fence, open at `epoch`; one that is there stays as it is."""
    connection.execute(
        "INSERT INTO move_fence (one, is_open, epoch) VALUES (1, 1, ?) ON CONFLICT DO NOTHING",
        (epoch,),
    )


def close_fence(connection: sqlite3.Connection, epoch: int) -> bool:
    """Close it at `epoch`; False, and nothing changes, if it knows that epoch or a later one."""
    return _set(connection, is_open=False, epoch=epoch)


def open_fence(connection: sqlite3.Connection, epoch: int) -> bool:
    """Open it at `epoch`, which the registry has given to SQLite; False as in `close_fence`."""
    return _set(connection, is_open=True, epoch=epoch)


def pause_tasks(connection: sqlite3.Connection, *, is_paused: bool) -> None:
    """Tell tasks not to begin on this file, or to go on."""
    connection.execute("UPDATE move_fence SET is_paused = ?", (is_paused,))


def _set(connection: sqlite3.Connection, *, is_open: bool, epoch: int) -> bool:
    cursor = connection.execute(
        "UPDATE move_fence SET is_open = ?, epoch = ? WHERE epoch < ?", (is_open, epoch, epoch)
    )
    return cursor.rowcount == 1
