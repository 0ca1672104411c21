"""Who may move a source: one process at a time, by a lock that ends with its session.

Everything that a move writes to PostgreSQL before the switch goes over the connection that holds
the lock. So who lost it, by a network that broke or a server that restarted, can write no more.
"""

from __future__ import annotations

from typing import Final

from postroom.archive.connection import Connection
from postroom.move.refusals import MoveHeld

_SPACE: Final = 0x706D6F76


def hold(connection: Connection, source_id: str) -> None:
    """Take the lock of a source until `connection` ends; raise `MoveHeld` if another has it."""
    (row,) = connection.execute(
        "SELECT pg_try_advisory_lock(%s, hashtext(%s)) AS taken", (_SPACE, source_id)
    ).fetchall()
    if not row["taken"]:
        raise MoveHeld(source_id)
