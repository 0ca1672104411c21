"""Step 7: the source becomes PostgreSQL's, by the commit of one transaction.

    registry sqlite,e ─▶ freezing,e+1     nobody takes writes
    file's fence closed at e+1            synced to the disk
    the rest carried, its keys compared   in a transaction that holds the registry at e+1
    registry postgres,e+2 + GRANT + log   the switch

Whoever is in the way for too long is not waited for: then the registry goes back to sqlite at e+2
and the fence opens at e+2. The same is done by anybody else if we are killed on the way.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import psycopg

from postroom.archive.connection import Connection
from postroom.archive.fence import close_fence, fence_of, open_fence
from postroom.archive.grants import open_schema
from postroom.archive.placement import Placement
from postroom.archive.postgres import PostgresArchive
from postroom.archive.source_registry import compare_and_set, placement_of
from postroom.errors import Away
from postroom.move.capture_postgres import has_capture
from postroom.move.catch_up import apply_log, log_position, logged_keys, moved_on
from postroom.move.refusals import GaveUp, MoveRefused, OutcomeUnknown, StoresDiffer
from postroom.move.route import SHORTLY_BUSY_MS, Route
from postroom.move.tables import CARRIED
from postroom.move.verify import Difference, compare

Step = Callable[[str], None]

GIVES_UP_AFTER_S: Final = 5.0
_LEAST_MS: Final = 1


@dataclass(frozen=True, slots=True)
class Switched:
    """The source is PostgreSQL's, at `placement`; `pause_ms` is for how long nobody took writes.

    `file` and `server` are transactions that see both stores as of the switch; `keys` were carried
    while writes waited.
    """

    placement: Placement
    pause_ms: float
    keys: int
    file: sqlite3.Connection = field(repr=False)
    server: Connection = field(repr=False)


@dataclass(slots=True)
class _Clock:
    """What is left of the time that writers may wait."""

    until: float

    def left_ms(self, doing: str) -> int:
        """Milliseconds that are left; raise `GaveUp` if there are none."""
        left = int((self.until - time.monotonic()) * 1000)
        if left < _LEAST_MS:
            raise _too_long(doing)
        return left


@contextmanager
def switch(
    route: Route,
    server: Connection,
    before: Placement,
    *,
    gives_up_after_s: float = GIVES_UP_AFTER_S,
    at: Step = lambda _: None,
) -> Iterator[Switched]:
    """Freeze and switch; yield the stores as of the switch. `server` holds the lock of the move.

    Raises `GaveUp` if somebody is in the way, `StoresDiffer` and `MoveRefused` as they say: in each
    case the source is SQLite's again when they are raised, or is undone by whoever meets it. Raises
    `OutcomeUnknown` if the registry does not answer. `at` is told each step, before it.
    """
    with ExitStack() as stack:
        file = stack.enter_context(closing(route.open_file()))
        shown = stack.enter_context(closing(route.open_server()))
        keys = 0
        began = time.perf_counter()
        clock = _Clock(time.monotonic() + gives_up_after_s)
        try:
            frozen = _freeze(route, server, before, at)
            keys = _close(route, file, server, frozen, clock, at)
            at("snapshot")
            _hold_moment(shown)
            _decide(route, server, frozen, clock, at)
        except BaseException as error:
            with suppress(psycopg.Error):  # one that is gone has no limit either
                _unlimit(server)
            placed = _settled(route, before, error)
            if placed is None:
                raise
        else:
            placed = frozen.switch(route.generation)
        pause_ms = (time.perf_counter() - began) * 1000
        at("switched")
        yield Switched(placed, pause_ms, keys, file, shown)
        file.execute("ROLLBACK")


def undo(route: Route, frozen: Placement) -> None:
    """Give the source back to SQLite from `frozen`: the registry first, then the file's fence.

    Nothing is done if somebody else was quicker. A fence that somebody's writing is in the way of
    is opened by the next who meets it. Raises `Away` if the registry does not answer.
    """
    back = frozen.undo()
    with closing(route.open_server()) as server:
        with server.transaction():
            compare_and_set(server, route.source_id, frozen, back)
        now = placement_of(server, route.source_id)
    if now is not None and (now.owner, now.epoch) == (back.owner, back.epoch):
        _reopen(route, back)


def _freeze(route: Route, server: Connection, before: Placement, at: Step) -> Placement:
    at("freeze")
    frozen = before.freeze()
    with server.transaction():
        if not compare_and_set(server, route.source_id, before, frozen):
            raise moved_on(route.source_id, before, placement_of(server, route.source_id))
    return frozen


def _close(
    route: Route,
    file: sqlite3.Connection,
    server: Connection,
    frozen: Placement,
    clock: _Clock,
    at: Step,
) -> int:
    """Close the file at the epoch of `frozen`, carry the rest, and hold `file` as it then is."""
    at("close")
    file.execute(f"PRAGMA busy_timeout = {clock.left_ms('the writer of the file')}")
    file.execute("PRAGMA synchronous = FULL")
    try:
        file.execute("BEGIN IMMEDIATE")
        with file:
            is_closed = close_fence(file, frozen.epoch)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        raise _too_long("the writer of the file") from error
    at("carry")
    file.execute("BEGIN")
    fence = fence_of(file)
    if not is_closed or fence is None or fence.is_open or fence.epoch != frozen.epoch:
        raise moved_on(route.source_id, frozen, placement_of(server, route.source_id))
    _limit(server, clock, "the rest of the log")
    caught = apply_log(file, server, route.source_id, frozen)
    at("compare")
    position = log_position(file)
    keys = {table: logged_keys(file, table, position) for table in CARRIED}
    found = compare(file, server, only=keys)
    if not found.is_same:
        raise differ(route.source_id, found.differences[0])
    return caught.keys


def _hold_moment(shown: Connection) -> None:
    """Hold what PostgreSQL has now: everything of the file, and nothing of those who come.

    The moment ends with the connection.
    """
    shown.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    shown.execute("SELECT 1 AS x FROM move_log LIMIT 1")


def _decide(route: Route, server: Connection, frozen: Placement, clock: _Clock, at: Step) -> None:
    at("decide")
    _limit(server, clock, "the switch itself")
    archive = route.archive
    with server.transaction():
        after = frozen.switch(route.generation)
        if not compare_and_set(server, route.source_id, frozen, after):
            raise moved_on(route.source_id, frozen, placement_of(server, route.source_id))
        _forget_log(server, archive)
        open_schema(server, archive.schema, archive.role)
    _unlimit(server)


def _forget_log(server: Connection, archive: PostgresArchive) -> None:
    """Empty the log of the schema, which holds what we wrote; what others write it holds from here.

    Its triggers were made before writes paused: to make them takes longer than all the rest. Raises
    `MoveRefused` if one is not there.
    """
    server.execute("DELETE FROM move_log")
    if not has_capture(server, archive.schema):
        raise MoveRefused(
            "what is written to PostgreSQL could not be carried back",
            where=f"source {archive.source_id}, schema {archive.schema}",
            why="a trigger of its log is gone",
            remedy=f"postroom source move {archive.source_id} makes them again",
        )


def _settled(route: Route, before: Placement, error: BaseException) -> Placement | None:
    """Read what became of it and undo what is half-way; the placement if it was switched.

    A COMMIT whose answer was lost may have been made: the registry says.
    """
    frozen = before.freeze()
    switched = frozen.switch(route.generation)
    try:
        with closing(route.open_server()) as server:
            now = placement_of(server, route.source_id)
        if now == frozen or (now is not None and (now.owner, now.epoch) == _key(frozen)):
            undo(route, frozen)
            return None
    except (Away, psycopg.Error) as away:
        raise _unknown(route, away) from error
    if now is not None and (now.owner, now.epoch, now.generation) == (
        *_key(switched),
        route.generation,
    ):
        return switched
    if now is not None and now.owner == "sqlite":
        _reopen(route, now)
    return None


def _reopen(route: Route, placement: Placement) -> None:
    with closing(route.open_file(SHORTLY_BUSY_MS)) as file, suppress(sqlite3.OperationalError):
        open_fence(file, placement.epoch)


def _key(placement: Placement) -> tuple[str, int]:
    return placement.owner, placement.epoch


def _limit(server: Connection, clock: _Clock, doing: str) -> None:
    server.execute(
        "SELECT set_config('statement_timeout', %s, false)", (str(clock.left_ms(doing)),)
    )


def _unlimit(server: Connection) -> None:
    server.execute("SET statement_timeout = DEFAULT")


def differ(source_id: str, first: Difference) -> StoresDiffer:
    """Say that a row is not the same in both stores."""
    return StoresDiffer(
        "the two stores of this source do not hold the same",
        where=f"source {source_id}: table {first.table}, key {first.key}",
        why=f"{first.kind}: it was written past the log, or by somebody else in the schema",
        remedy=f"postroom source move {source_id} begins anew, in a schema of its own",
    )


def _too_long(doing: str) -> GaveUp:
    return GaveUp(
        "the switch was not made: writers would have waited for too long",
        where=doing,
        why=f"not done after {GIVES_UP_AFTER_S:g} s; the source serves from SQLite as before",
        remedy="postroom source switch SOURCE tries again; what was loaded stays",
    )


def _unknown(route: Route, error: Exception) -> OutcomeUnknown:
    return OutcomeUnknown(
        "PostgreSQL went away during the switch, and with it the registry",
        where=f"source {route.source_id}",
        why=f"{type(error).__name__}: whether it was made is written there alone",
        remedy=f"postroom source status {route.source_id} once it answers; no write is lost",
    )
