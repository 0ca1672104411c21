"""One pass from PostgreSQL to the closed file: who may make it, and in which order it holds what.

A pass takes the write lock of the file before it takes its snapshot of PostgreSQL. So of two who
carry, the one whose rows are newer writes last, and one that slept for a day writes nothing old.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Final

import psycopg

from postroom.archive.connection import Connection
from postroom.archive.fence import Fence, fence_of
from postroom.archive.names import schema_name
from postroom.archive.placement import Placement
from postroom.archive.source_registry import known_placement
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.move.capture_postgres import Watched, has_capture, watched_tables
from postroom.move.carried_values import read_as_carried
from postroom.move.return_refusals import FileRefused, NotInPostgres, NotThere, owned
from postroom.move.session import session

SEALING_BUSY_MS: Final = 4000
"""So long the last pass waits for who holds the file: a return that stands still is undone."""


@dataclass(frozen=True, slots=True)
class CarryPass:
    """The file with its write lock held, and a snapshot of PostgreSQL taken after it.

    `carried` is how many passes the registry knows to be in the file.
    """

    source_id: str
    file: sqlite3.Connection
    server: Connection
    placement: Placement
    fence: Fence
    carried: int
    tables: tuple[Watched, ...]

    @property
    def schema(self) -> str:
        """The schema that serves."""
        return schema_name(self.source_id, self.placement.generation)


@contextmanager
def carry_pass(
    archive: SqliteArchive,
    dsn: str,
    seals: Placement | None = None,
    *,
    reconciles: bool = False,
    held: Connection | None = None,
) -> Iterator[CarryPass]:
    """Begin a pass; whoever does not commit the file and the server has changed nothing.

    With `reconciles` the file is one that was opened without PostgreSQL. Raises `NotThere` if the
    source does not live in PostgreSQL, or is not at `seals`; `FileRefused` if the file is not the
    one that was carried to so far; `Away` if a store is.
    """
    with (
        told(f"source {archive.source_id}: {archive.path}"),
        owned(archive.source_id),
        closing(archive.connect()) as file,
        session(archive.source_id, dsn, held) as server,
    ):
        file.execute("PRAGMA synchronous = FULL")
        if seals is not None:  # nobody can write meanwhile
            file.execute(f"PRAGMA busy_timeout = {SEALING_BUSY_MS}")
        # PostgreSQL's foreign keys have seen what is written here. SQLite would look, for each row
        # that is deleted to be written anew, for all that refer to it.
        file.execute("PRAGMA foreign_keys = OFF")
        # Keys are random: what is written is found all over the file.
        file.execute("PRAGMA cache_size = -131072")
        file.execute("BEGIN IMMEDIATE")
        read_as_carried(server)
        server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        server.execute("SET LOCAL timezone = 'UTC'")
        yield _admitted(archive.source_id, file, server, seals, reconciles=reconciles)


def _admitted(
    source_id: str,
    file: sqlite3.Connection,
    server: Connection,
    seals: Placement | None,
    *,
    reconciles: bool,
) -> CarryPass:
    placement = known_placement(server, source_id)
    if placement is None or placement.reads != "postgres":
        owner = "has no row of it" if placement is None else f"says {placement.owner}"
        raise NotInPostgres(source_id, f"the registry {owner}")
    if seals is not None and (placement.owner, placement.epoch) != (seals.owner, seals.epoch):
        why = f"the registry says {placement.owner} at epoch {placement.epoch}"
        raise NotThere(source_id, "somebody else undid this return", why)
    fence, carried = fence_of(file), carried_count(server, source_id)
    if fence is None:
        raise FileRefused(source_id, "it has no fence: it is not the file that was moved")
    if reconciles:
        # What it was when PostgreSQL went away: closed, and nothing accepted.
        fence = replace(fence, is_open=False, loss_accepted=None)
    if (why_not := refusal(fence, placement, carried)) is not None:
        raise FileRefused(source_id, why_not)
    schema = schema_name(source_id, placement.generation)
    if not has_capture(server, schema):
        why = f"schema {schema} does not log every write: what to carry is not known"
        raise NotThere(source_id, "nothing can be carried back", why)
    tables = tuple(watched_tables(server, schema))
    return CarryPass(source_id, file, server, placement, fence, carried, tables)


def refusal(fence: Fence, placement: Placement, carried: int) -> str | None:
    """Say why a file with `fence` is not the one that was left for PostgreSQL; None if it is.

    `placement` is in PostgreSQL, and `carried` is what the registry has counted.
    """
    if fence.loss_accepted is not None:
        return f"it was opened without PostgreSQL ({fence.loss_accepted}) and must be reconciled"
    # Sealed, it bears the epoch of the return.
    newest = placement.epoch if placement.owner == "returning" else placement.epoch - 1
    if fence.is_open or fence.epoch > newest:
        state = "open" if fence.is_open else "closed"
        return f"its fence is {state} at epoch {fence.epoch}; the registry is at {placement.epoch}"
    if fence.carried < carried:
        return f"it has taken {fence.carried} of {carried} passes: it comes from a backup"
    # One more: the file was committed, and PostgreSQL was not told.
    if fence.carried > carried + 1:
        return f"it has taken {fence.carried} passes, and the registry knows of {carried}"
    return None


def carried_count(server: Connection, source_id: str) -> int:
    """Read how many passes the registry knows to be in the file."""
    query = "SELECT carried FROM public.source_registry WHERE source_id = %s"
    (row,) = server.execute(query, (source_id,)).fetchall()
    return int(row["carried"])
