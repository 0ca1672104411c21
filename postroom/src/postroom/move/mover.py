"""A source's way from SQLite to PostgreSQL: its steps, each of which may be taken again.

    precheck ─▶ snapshot ─▶ capture ─▶ load ─▶ verify ─▶ switch ─▶ compare

How far an attempt is stands beside the registry, so a mover that was killed is gone on with by the
next one. What changes which store serves is the switch alone.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import psycopg

from postroom.archive.connection import Connection
from postroom.archive.fence import fence_of
from postroom.archive.placement import Placement
from postroom.archive.settle import settle, standing
from postroom.archive.source_registry import placement_of
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.errors import NotReadable
from postroom.move.after_switch import compare_later, finish
from postroom.move.attempts import (
    Attempt,
    begin_attempt,
    end_attempt,
    note_detail,
    note_step,
    read_attempts,
)
from postroom.move.capture_postgres import install_capture as log_writes
from postroom.move.capture_sqlite import has_capture, install_capture, remove_log
from postroom.move.catch_up import Caught, apply_log, begun, catch_up, forget
from postroom.move.generation import make_generation, make_keys, make_references
from postroom.move.generations import generations
from postroom.move.load import load
from postroom.move.lock import hold
from postroom.move.precheck import precheck, refuse
from postroom.move.refusals import GaveUp, MoveRefused
from postroom.move.route import SHORTLY_BUSY_MS, Route, open_server
from postroom.move.search_carried import make_index
from postroom.move.snapshot_sqlite import snapshot_file
from postroom.move.source_tasks import Pausing
from postroom.move.switch import GIVES_UP_AFTER_S, differ, switch, undo
from postroom.move.verify import Comparison, compare
from postroom.progress import Progress, silent

Until = Literal["verify", "switch"]
At = Callable[[str], None]

_SMALL_LAG: Final = 200
_PASSES: Final = 100
_VERIFIED: Final = ("verify", "switch")


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a move: it is in PostgreSQL, or verified and ready; or was there before."""

    source_id: str
    outcome: Literal["moved", "verified", "there"]
    placement: Placement
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object, with what was measured."""
        return {
            "source_id": self.source_id,
            "outcome": self.outcome,
            "owner": self.placement.owner,
            "epoch": self.placement.epoch,
            "generation": self.placement.generation,
            **self.detail,
        }


def move(
    file: SqliteArchive,
    dsn: str,
    progress: Progress = silent,
    *,
    until: Until = "switch",
    snapshots: Path | None = None,
    gives_up_after_s: float = GIVES_UP_AFTER_S,
    at: At = lambda _: None,
) -> Moved:
    """Move a source that `bootstrap` has made known in PostgreSQL, or go on with its last attempt.

    `dsn` is the administrator's. With `until="verify"` it stops when both stores are known to hold
    the same, before anybody notices anything; the same without it goes on from there. With
    `snapshots`, a folder, a snapshot of the file is taken and proven before anything is made. `at`
    is told each step before it is taken. Raises `MoveHeld` if somebody else moves it, `MoveRefused`
    with what is in the way, `Away` for a server that went; the source then serves from one store,
    and its attempt can be gone on with unless its outcome is written down.
    """
    with told(f"source {file.source_id}"), _opened(file, dsn, progress, at, snapshots) as mover:
        placement = mover.begin()
        if placement.owner == "postgres":
            return mover.arrived(placement, until)
        return mover.go(placement, until, gives_up_after_s)


def check_ready(source_id: str, dsn: str) -> None:
    """Raise `MoveRefused` unless a move of the source that has not ended was verified."""
    with closing(open_server(dsn, source_id)) as server:
        attempts = read_attempts(server, source_id)
    if not any(one.is_open and "verified" in one.detail for one in attempts):
        raise MoveRefused(
            "nothing was made ready for the switch of this source",
            where=f"source {source_id}",
            why="no attempt has come so far that both stores are known to hold the same",
            remedy=f"postroom source move {source_id} --until verify",
        )


@contextmanager
def _opened(
    file: SqliteArchive, dsn: str, progress: Progress, at: At, snapshots: Path | None
) -> Iterator[Mover]:
    with closing(open_server(dsn, file.source_id)) as server:
        hold(server, file.source_id)
        with closing(Route(file, dsn, 0).open_file()) as lite:
            yield Mover(file, dsn, server, lite, progress, at, snapshots)


@dataclass(frozen=True, slots=True)
class Mover:
    """The only process that moves `file`'s source: `server` holds the lock, and writes."""

    file: SqliteArchive
    dsn: str = field(repr=False)
    server: Connection
    lite: sqlite3.Connection
    progress: Progress
    at: At
    snapshots: Path | None

    @property
    def source_id(self) -> str:
        """The source that moves."""
        return self.file.source_id

    @property
    def tasks(self) -> Pausing:
        """The tasks of the source."""
        return Pausing(self.lite, self.server, self.source_id)

    def begin(self) -> Placement:
        """Find out where the source lives; what a mover before us left half-way is undone."""
        placement = self._placement()
        if placement.owner == "freezing":
            # Movers freeze, and we are the only one: who did it is gone.
            undo(Route(self.file, self.dsn, placement.generation), placement)
            placement = self._placement()
        if placement.owner == "returning":
            raise MoveRefused(
                "this source is on its way back to SQLite",
                where=f"source {self.source_id}",
                why=f"the registry says returning since {placement.age_s:.0f} s",
                remedy=f"postroom source status {self.source_id} says what comes next",
            )
        if placement.owner == "sqlite":
            settle(self.file, placement)
            self._check_file(placement)
        return placement

    def go(self, placement: Placement, until: Until, gives_up_after_s: float) -> Moved:
        """Take every step that is left."""
        attempt = self._attempt(placement)
        route = Route(self.file, self.dsn, attempt.generation)
        try:
            if not self._is_ready(attempt, placement):
                self._prepare(attempt, placement, route)
                self._verify(attempt, placement, route)
            if until == "verify":
                return Moved(self.source_id, "verified", placement, self._detail(attempt))
            return self._switch(attempt, placement, route, gives_up_after_s)
        except BaseException as error:
            with suppress(psycopg.Error, sqlite3.Error):  # what cannot be told now is told later
                self._stand_down(attempt, error)
            raise

    def arrived(self, placement: Placement, until: Until) -> Moved:
        """Finish an attempt that was cut off behind its switch, and compare if that was asked."""
        route = Route(self.file, self.dsn, placement.generation)
        attempt = self._open_attempt()
        if attempt is not None and attempt.generation == placement.generation:
            self._step(attempt, "compare")
            finish(self.server, self.lite, route, attempt, compare_later(route, self.progress))
            return Moved(self.source_id, "moved", placement, self._detail(attempt))
        if until == "switch":
            return Moved(self.source_id, "there", placement)
        found = compare_later(route, self.progress)
        if not found.is_same:
            raise differ(self.source_id, found.differences[0])
        return Moved(self.source_id, "verified", placement, {"verified": found.rows})

    def _check_file(self, placement: Placement) -> None:
        fence = fence_of(self.lite)
        if standing(fence, placement) == "current" and not (fence and fence.loss_accepted):
            return
        said = f"is at epoch {fence.epoch}" if fence else "is not there"
        why = (fence and fence.loss_accepted) or f"its fence {said}, the registry {placement.epoch}"
        raise MoveRefused(
            "the file and the registry of this source do not agree",
            where=f"source {self.source_id}: {self.file.path}",
            why=why,
            remedy=f"postroom source status {self.source_id} says what comes next",
        )

    def _is_ready(self, attempt: Attempt, placement: Placement) -> bool:
        """Say whether the generation was verified and tasks have stood still since."""
        is_verified = attempt.step in _VERIFIED and "verified" in attempt.detail
        return is_verified and placement.is_paused and has_capture(self.lite)

    def _prepare(self, attempt: Attempt, placement: Placement, route: Route) -> None:
        if not has_capture(self.lite):
            self._step(attempt, "precheck")
            refuse(self.source_id, precheck(self.lite, self.progress))
        self.tasks.pause(placement.epoch)
        self.tasks.drain(self.progress)
        self._keep(attempt)
        self._step(attempt, "capture")
        install_capture(self.lite, placement.epoch)
        self._step(attempt, "load")
        with closing(route.open_server()) as maker:
            make_generation(maker, route.archive)
        self.server.execute(route.search_path)
        began = time.perf_counter()
        loaded = load(self.lite, self.server, self.progress)
        if any(loaded.values()):
            note_detail(self.server, attempt, loaded=loaded, load_s=time.perf_counter() - began)
        self.at("keys")
        # A load that was gone on with may have brought a row twice; all such rows are logged.
        catch_up(self.lite, self.server, self.source_id, placement)
        make_keys(self.server, self.progress)

    def _keep(self, attempt: Attempt) -> None:
        """Take the snapshot of the attempt, if it has none and one is wanted."""
        if self.snapshots is None or "snapshot" in attempt.detail:
            return
        self._step(attempt, "snapshot")
        taken = snapshot_file(self.file, self.snapshots, self.progress)
        kept = {"path": str(taken.path), "sha256": taken.sha256, "rows": taken.rows}
        note_detail(self.server, attempt, snapshot=kept)

    def _verify(self, attempt: Attempt, placement: Placement, route: Route) -> None:
        self._step(attempt, "verify")
        make_index(self.lite, self.server, route, self.progress)
        self._lag_made_small(placement)
        self.at("comparison")
        began = time.perf_counter()
        caught, found = self._compared(placement)
        if not found.is_same:
            note_detail(self.server, attempt, differences=found.as_json()["differences"])
            raise differ(self.source_id, found.differences[0])
        forget(self.lite, caught.position)
        make_references(self.server, self.progress)
        with self.server.transaction():
            log_writes(self.server, route.archive.schema)
        took_s = time.perf_counter() - began
        note_detail(self.server, attempt, verified=found.rows, verify_s=took_s)

    def _compared(self, placement: Placement) -> tuple[Caught, Comparison]:
        with begun(self.lite):
            caught = apply_log(self.lite, self.server, self.source_id, placement)
            return caught, compare(self.lite, self.server, self.progress)

    def _switch(
        self, attempt: Attempt, placement: Placement, route: Route, gives_up_after_s: float
    ) -> Moved:
        self._step(attempt, "switch")
        self.server.execute(route.search_path)
        self._lag_made_small(placement)
        # A checkpoint of what was written meanwhile would fall into the pause.
        self.lite.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        within = gives_up_after_s
        with switch(route, self.server, placement, gives_up_after_s=within, at=self.at) as switched:
            note_detail(self.server, attempt, pause_ms=switched.pause_ms)
            self._step(attempt, "compare")
            began = time.perf_counter()
            found = compare(switched.file, switched.server, self.progress)
            compare_s = time.perf_counter() - began
        note_detail(self.server, attempt, compare_s=compare_s)
        finish(self.server, self.lite, route, attempt, found)
        return Moved(self.source_id, "moved", switched.placement, self._detail(attempt))

    def _lag_made_small(self, placement: Placement) -> None:
        keys = 0
        for _ in range(_PASSES):
            keys = catch_up(self.lite, self.server, self.source_id, placement).keys
            self.progress("catch up", keys, None)
            if keys <= _SMALL_LAG:
                return
        raise GaveUp(
            "writers are quicker than what they write can be carried",
            where=f"source {self.source_id}",
            why=f"after {_PASSES} passes still {keys:,} keys came between two",
            remedy=f"postroom source move {self.source_id} when there are fewer writers",
        )

    def _attempt(self, placement: Placement) -> Attempt:
        """Go on with the attempt that has not ended, else begin one in a generation of its own."""
        attempt = self._open_attempt()
        if attempt is not None and (attempt.step == "precheck" or has_capture(self.lite)):
            return attempt
        if attempt is not None:
            # Its log ends where the triggers did: nobody knows what was written since.
            end_attempt(self.server, attempt, "capture lost")
        known = [one.generation for one in read_attempts(self.server, self.source_id)]
        made = generations(self.server, self.source_id)
        generation = max([placement.generation, *known, *made]) + 1
        remove_log(self.lite)
        return begin_attempt(self.server, self.source_id, generation, "precheck")

    def _open_attempt(self) -> Attempt | None:
        every = read_attempts(self.server, self.source_id)
        return next((one for one in reversed(every) if one.is_open), None)

    def _stand_down(self, attempt: Attempt, error: BaseException) -> None:
        """Let tasks go on where they were; an attempt that is over needs no log any more."""
        self.lite.execute(f"PRAGMA busy_timeout = {SHORTLY_BUSY_MS}")
        self.tasks.go_on()
        if isinstance(error, MoveRefused) and error.ends_attempt:
            end_attempt(self.server, attempt, error.code)
            remove_log(self.lite)

    def _step(self, attempt: Attempt, step: str) -> None:
        note_step(self.server, attempt, step)
        self.at(step)

    def _detail(self, attempt: Attempt) -> dict[str, Any]:
        every = read_attempts(self.server, self.source_id)
        return next(one.detail for one in every if one.id == attempt.id)

    def _placement(self) -> Placement:
        placement = placement_of(self.server, self.source_id)
        if placement is None:
            raise NotReadable(
                "PostgreSQL knows nothing of this source",
                where=f"source {self.source_id}: public.source_registry",
                why="no bootstrap has made it",
                remedy=f"postroom source bootstrap {self.source_id}",
            )
        return placement
