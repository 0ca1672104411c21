"""The changes by which a source leaves PostgreSQL, each one transaction of the registry.

An unknown COMMIT is read again: the connection may be lost while the change is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

import psycopg
from psycopg import sql

from postroom.archive.connection import Connection, connect
from postroom.archive.fence import fence_of, open_fence, pause_tasks
from postroom.archive.grants import close_schema, open_schema
from postroom.archive.names import role_name, schema_name
from postroom.archive.placement import Placement
from postroom.archive.source_registry import compare_and_set, pause, placement_of
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.move.capture_postgres import watched_tables
from postroom.move.return_refusals import Blocker, FileRefused, NotThere, StillWriting
from postroom.move.session import session

# Who waits for a lock holds up everybody behind: short tries, with room between them. A lock that
# autovacuum holds is given up when the server looks for deadlocks, which it does after a second
# unless we may tell it to look earlier.
_TRY_MS: Final = 400
_PATIENT_TRY_MS: Final = 1500
_BETWEEN_S: Final = 0.15
_LOOK_EARLIER: Final = "SET LOCAL deadlock_timeout = '100ms'"

# The last: somebody grants or revokes in the same moment.
_IN_THE_WAY: Final = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.InternalError_,
)
_BLOCKERS: Final = """SELECT DISTINCT a.pid, a.usename::text AS user,
    a.application_name AS application, coalesce(host(a.client_addr), '') AS address,
    coalesce(a.state, '') AS state,
    coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8 AS since_s
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.granted AND l.relation = ANY(%s::oid[]) AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'ShareLock') ORDER BY a.pid"""


def withdraw(
    source_id: str,
    dsn: str,
    before: Placement,
    *,
    wait_s: float,
    held: Connection | None = None,
) -> tuple[Placement, float]:
    """Let nobody write in PostgreSQL any more; hand back the placement and when writes paused.

    The time is of `time.perf_counter`. Who has written is waited for, `wait_s` in all; then raises
    `StillWriting`, which names them, and nothing is changed. Raises `NotThere` if the source is no
    longer at `before`.
    """
    began = time.perf_counter()
    blockers: tuple[Blocker, ...] = ()
    after, patient = before.withdraw(), False
    while True:
        with session(source_id, dsn, held) as connection:
            since = time.perf_counter()
            try:
                _withdraw(connection, source_id, before, _PATIENT_TRY_MS if patient else _TRY_MS)
            except _IN_THE_WAY:
                connection.rollback()
                blockers = _blockers(connection, source_id, before)
            else:
                return after, since
        waited_s = time.perf_counter() - began
        if waited_s > wait_s:
            raise StillWriting(source_id, waited_s, blockers)
        patient = any("autovacuum" in one.application for one in blockers)
        time.sleep(_BETWEEN_S)


def give_back(
    source_id: str, dsn: str, returning: Placement, held: Connection | None = None
) -> Placement:
    """Make SQLite the owner; its fence is to be opened at the epoch that is handed back."""

    def resumed(connection: Connection) -> None:
        pause(connection, source_id, is_paused=False)

    after = returning.give_back()
    _change(source_id, dsn, returning, after, resumed, held)
    return after


def undo(source_id: str, dsn: str, halfway: Placement) -> Placement:
    """Give a source that stands half-way back to its former owner, PostgreSQL's fence with it."""

    def opened(connection: Connection) -> None:
        pause(connection, source_id, is_paused=False)
        if halfway.owner == "returning":
            schema = schema_name(source_id, halfway.generation)
            open_schema(connection, schema, role_name(source_id))

    after = halfway.undo()
    _change(source_id, dsn, halfway, after, opened)
    return after


def open_file(archive: SqliteArchive, epoch: int) -> None:
    """Open the fence of the file at the epoch at which the registry has given it to SQLite.

    Only a file that bears the epoch before, since it was closed or filled to the end for this
    change, or is open at the one before that, since the change was undone ere it was closed. Twice
    is as good as once. Raises `FileRefused` for another one, such as a restored backup.
    """
    with told(f"source {archive.source_id}: {archive.path}"), closing(archive.connect()) as file:
        file.execute("PRAGMA synchronous = FULL")
        file.execute("BEGIN IMMEDIATE")
        fence = fence_of(file)
        if fence is None or fence.epoch < epoch - (2 if fence.is_open else 1):
            known = "it has no fence" if fence is None else f"its fence knows epoch {fence.epoch}"
            raise FileRefused(archive.source_id, f"{known}; the registry is at {epoch}")
        if not open_fence(file, epoch):
            # It bears this epoch already: it is open, or a restore had closed it.
            file.execute("UPDATE move_fence SET is_open = 1 WHERE epoch = ?", (epoch,))
        pause_tasks(file, is_paused=False)
        file.execute("COMMIT")


def _withdraw(connection: Connection, source_id: str, before: Placement, try_ms: int) -> None:
    schema = schema_name(source_id, before.generation)
    tables = watched_tables(connection, schema)
    connection.execute(f"SET LOCAL lock_timeout = {try_ms}".encode())
    _look_earlier(connection)
    names = sql.SQL(", ").join(sql.Identifier(schema, table.name) for table in tables)
    connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(names))
    if not compare_and_set(connection, source_id, before, before.withdraw()):
        raise _changed(connection, source_id)
    close_schema(connection, schema, role_name(source_id))
    connection.commit()


def _look_earlier(connection: Connection) -> None:
    try:
        with connection.transaction():
            connection.execute(_LOOK_EARLIER)
    except psycopg.errors.InsufficientPrivilege:
        return  # then an autovacuum is waited for as long as the server says


def _blockers(connection: Connection, source_id: str, before: Placement) -> tuple[Blocker, ...]:
    tables = watched_tables(connection, schema_name(source_id, before.generation))
    rows = connection.execute(_BLOCKERS, ([table.oid for table in tables],)).fetchall()
    return tuple(Blocker(**row) for row in rows)


def _change(
    source_id: str,
    dsn: str,
    before: Placement,
    after: Placement,
    also: Callable[[Connection], None],
    held: Connection | None = None,
) -> None:
    try:
        with session(source_id, dsn, held) as connection, connection.transaction():
            if not compare_and_set(connection, source_id, before, after):
                raise _changed(connection, source_id)
            also(connection)
    except psycopg.OperationalError:
        with closing(connect(dsn, source_id)) as connection:
            found = placement_of(connection, source_id)
        if found is None or (found.owner, found.epoch) != (after.owner, after.epoch):
            raise


def _changed(connection: Connection, source_id: str) -> NotThere:
    found = placement_of(connection, source_id)
    now = "has no row of it" if found is None else f"says {found.owner} at epoch {found.epoch}"
    return NotThere(source_id, "somebody else moved this source meanwhile", f"the registry {now}")
