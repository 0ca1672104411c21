"""What was written to the file since, into the schema: by state, not by history.

One moment of the file gives the logged keys and the rows that have them now. In the schema these
keys are deleted and those rows inserted, in one transaction. So it does not matter in which order
things were written, nor whether they are carried twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from psycopg import sql

from postroom.archive.connection import Connection
from postroom.archive.placement import Placement
from postroom.archive.source_registry import placement_of
from postroom.move.load import copy_rows
from postroom.move.refusals import MoveRefused
from postroom.move.tables import CARRIED, Table

KEYS_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Caught:
    """What was carried: the log up to `position`, and how many keys of it."""

    position: int
    keys: int


def catch_up(file: sqlite3.Connection, server: Connection, source_id: str, at: Placement) -> Caught:
    """Carry what is logged now and forget it; the registry stays at `at` meanwhile.

    Raises `MoveRefused` if it is elsewhere by now.
    """
    with begun(file):
        caught = apply_log(file, server, source_id, at)
    forget(file, caught.position)
    return caught


def apply_log(
    file: sqlite3.Connection, server: Connection, source_id: str, at: Placement
) -> Caught:
    """Carry what the transaction of `file` sees, in one transaction of `server`.

    The log stays as it is: the same again is carried to the same end.
    """
    position = log_position(file)
    with server.transaction():
        check_placement(server, source_id, at)
        keys = {table: logged_keys(file, table, position) for table in CARRIED}
        changed = {table: found for table, found in keys.items() if found}
        # All go before any comes: a key that is unique may have passed from one row to another.
        for table, found in changed.items():
            _delete(server, table, found)
        for table in changed:
            copy_rows(server, table, _present_rows(file, table, position))
    return Caught(position, sum(map(len, changed.values())))


@contextmanager
def begun(file: sqlite3.Connection) -> Iterator[None]:
    """Read one moment of the file."""
    file.execute("BEGIN")
    try:
        yield
    finally:
        file.execute("ROLLBACK")


def forget(file: sqlite3.Connection, position: int) -> None:
    """Remove the log up to `position`, all of which is in the schema."""
    file.execute("DELETE FROM move_log WHERE n <= ?", (position,))


def log_position(file: sqlite3.Connection) -> int:
    """Give the number of the last entry of the log; writers come one after the other."""
    return int(file.execute("SELECT coalesce(max(n), 0) FROM move_log").fetchone()[0])


def logged_keys(file: sqlite3.Connection, table: Table, position: int) -> list[str]:
    """List the keys of `table` that the log holds up to `position`, each once."""
    query = "SELECT DISTINCT key FROM move_log WHERE table_name = ? AND n <= ?"
    return [key for (key,) in file.execute(query, (table.name, position))]


def check_placement(server: Connection, source_id: str, at: Placement) -> None:
    """Hold the registry where it is until the transaction ends; raise unless that is `at`."""
    now = placement_of(server, source_id, lock="FOR SHARE")
    if now is None or (now.owner, now.epoch) != (at.owner, at.epoch):
        raise moved_on(source_id, at, now)


def moved_on(source_id: str, at: Placement, now: Placement | None) -> MoveRefused:
    """Say that somebody else has changed the registry."""
    said = "has no row" if now is None else f"says {now.owner} at epoch {now.epoch}"
    return MoveRefused(
        "somebody else has changed where this source lives",
        where=f"source {source_id}",
        why=f"the registry {said}; this move knew of {at.owner} at epoch {at.epoch}",
        remedy=f"postroom source status {source_id} says what comes next",
    )


def _delete(server: Connection, table: Table, keys: list[str]) -> None:
    command = sql.SQL("DELETE FROM {} WHERE {} = ANY (%s::{}[])").format(
        sql.Identifier(table.name), sql.Identifier(table.key), sql.SQL(table.key_kind)
    )
    for at in range(0, len(keys), KEYS_AT_ONCE):
        server.execute(command, (keys[at : at + KEYS_AT_ONCE],))


def _present_rows(file: sqlite3.Connection, table: Table, position: int) -> sqlite3.Cursor:
    names = ", ".join(table.names)
    query = f"""SELECT {names} FROM {table.name} WHERE {table.key} IN
        (SELECT key FROM move_log WHERE table_name = ? AND n <= ?)"""  # noqa: S608  # ours
    return file.execute(query, (table.name, position))
