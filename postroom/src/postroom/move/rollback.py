"""The fast rollback: step 9 of a move. PostgreSQL stops writing, the rest is carried, SQLite opens.

Writers are drained before anything is changed: who does not end in time is named, and PostgreSQL
serves on. From there to the end writes pause, for as long as the rest takes. Killed at any point it
leaves a source that `recover` finishes or undoes.
"""

from __future__ import annotations

import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from cutline.errors import Problem
from postroom.archive.connection import Connection, connect
from postroom.archive.placement import Placement
from postroom.archive.source_registry import known_placement, pause
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.move.attempts import note_ended
from postroom.move.carry_back import Carried, carry_once
from postroom.move.index_back import index_carried
from postroom.move.recover import recover
from postroom.move.return_refusals import NotThere, owned
from postroom.move.returning import give_back, open_file, undo, withdraw
from postroom.move.session import session
from postroom.progress import Progress, silent

_SMALL: Final = 2000
_MOST_PASSES: Final = 100


@dataclass(frozen=True, slots=True)
class Returned:
    """A source that is in SQLite, at `epoch`.

    `pause_ms` is how long nobody could write, None where somebody else had paused them; `carried`
    is what was carried meanwhile. `compared` counts the rows that were compared in full, by table.
    """

    source_id: str
    epoch: int
    pause_ms: float | None = None
    carried: Carried | None = None
    compared: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return {
            "source_id": self.source_id,
            "owner": "sqlite",
            "epoch": self.epoch,
            "pause_ms": None if self.pause_ms is None else round(self.pause_ms, 3),
            "carried": None if self.carried is None else self.carried.as_json(),
            "compared": self.compared,
        }


def roll_back(
    archive: SqliteArchive,
    dsn: str,
    *,
    wait_s: float,
    compares: bool = False,
    progress: Progress = silent,
) -> Returned:
    """Bring a source back from PostgreSQL, losing nothing of what was acknowledged there.

    `wait_s` is how long it tries to get in between the writers. With `compares` every row is
    compared first, while writers go on. A return that was begun and left is finished; a source that
    is in SQLite already stays there. Raises `NotThere`, `StillWriting`, `FileRefused` and `Differs`
    with PostgreSQL serving on, and `Away` where a store is: run again, it finds out.
    """
    with told(f"source {archive.source_id}"), owned(archive.source_id):
        returned = _returned(archive, dsn, wait_s, compares=compares, progress=progress)
        index_carried(archive, dsn, progress)
        return returned


def _returned(
    archive: SqliteArchive, dsn: str, wait_s: float, *, compares: bool, progress: Progress
) -> Returned:
    before = _placement(archive, dsn)
    if before.owner in ("sqlite", "freezing"):
        here = recover(archive, dsn).placement or before
        return Returned(archive.source_id, here.epoch)
    if before.owner == "returning":
        return _finish(archive, dsn, before, None, {})
    _pause(archive, dsn, is_paused=True)
    with session(archive.source_id, dsn) as held, closing(archive.connect()) as file:
        # Who closes the last connection to a file brings its log into it; that is done afterwards.
        file.execute("SELECT 1 FROM move_fence").fetchall()
        try:
            compared = _catch_up(archive, dsn, held, compares=compares, progress=progress)
            returning, began = withdraw(archive.source_id, dsn, before, wait_s=wait_s, held=held)
        except Problem:
            _pause(archive, dsn, is_paused=False)
            raise
        return _finish(archive, dsn, returning, began, compared, held)


def _placement(archive: SqliteArchive, dsn: str) -> Placement:
    with closing(connect(dsn, archive.source_id)) as connection:
        found = known_placement(connection, archive.source_id)
    if found is None:
        why = "the registry has no row of it: it never met PostgreSQL"
        raise NotThere(archive.source_id, "there is nothing to roll back", why)
    return found


def _finish(
    archive: SqliteArchive,
    dsn: str,
    returning: Placement,
    began: float | None,
    compared: dict[str, int],
    held: Connection | None = None,
) -> Returned:
    carried = _carry_rest(archive, dsn, returning, held)
    after = give_back(archive.source_id, dsn, returning, held)
    open_file(archive, after.epoch)
    pause_ms = None if began is None else (time.perf_counter() - began) * 1000
    returned = Returned(archive.source_id, after.epoch, pause_ms, carried, compared)
    _note(archive, dsn, after, returned)
    return returned


def _catch_up(
    archive: SqliteArchive, dsn: str, held: Connection, *, compares: bool, progress: Progress
) -> dict[str, int]:
    """Carry while writers go on, until little is left."""
    compared: dict[str, int] = {}
    for n in range(_MOST_PASSES):
        wanted = compares and not compared
        carried = carry_once(archive, dsn, compares=progress if wanted else None, held=held)
        compared = compared or carried.compared
        progress("carry back", n + 1, None)
        if carried.entries <= _SMALL and not wanted:
            return compared
    raise NotThere(
        archive.source_id,
        "the writers are quicker than what is carried back",
        f"after {_MOST_PASSES} passes more than {_SMALL} entries are left",
    )


def _carry_rest(
    archive: SqliteArchive, dsn: str, returning: Placement, held: Connection | None
) -> Carried:
    """Carry what is left; whatever is in the way, PostgreSQL serves on, if it can still be told."""
    try:
        return carry_once(archive, dsn, seals=returning, held=held)
    except BaseException:
        with suppress(Problem, psycopg.Error):  # somebody undid it, or will
            undo(archive.source_id, dsn, returning)
        raise


def _pause(archive: SqliteArchive, dsn: str, *, is_paused: bool) -> None:
    with closing(connect(dsn, archive.source_id)) as connection, connection.transaction():
        pause(connection, archive.source_id, is_paused=is_paused)


def _note(archive: SqliteArchive, dsn: str, after: Placement, returned: Returned) -> None:
    """Keep what was measured beside the registry."""
    with closing(connect(dsn, archive.source_id)) as connection, connection.transaction():
        note_ended(
            connection,
            archive.source_id,
            after.generation,
            step="rollback",
            outcome="returned",
            detail=returned.as_json(),
        )
