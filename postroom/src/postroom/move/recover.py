"""Finds out how far a change of a source got, and finishes or undoes it: step 11 of a move.

Anybody may do this at any time and any number of times. What is not known is not guessed: without
the registry nothing is changed.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from postroom.archive.connection import connect
from postroom.archive.fence import Fence, close_fence, fence_of
from postroom.archive.placement import UNDONE_AFTER_S, Placement
from postroom.archive.settle import standing
from postroom.archive.source_registry import has_registry, pause, placement_of
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.move.carry_pass import carried_count, refusal
from postroom.move.return_refusals import FileRefused, InProgress, owned
from postroom.move.returning import open_file, undo

Did = Literal["nothing", "undone", "finished"]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was `did`, and where the source lives now; None for one that never met PostgreSQL."""

    source_id: str
    did: Did
    placement: Placement | None

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        here = self.placement
        return {
            "source_id": self.source_id,
            "did": self.did,
            "owner": "sqlite" if here is None else here.owner,
            "epoch": None if here is None else here.epoch,
        }


def recover(archive: SqliteArchive, dsn: str, *, is_patient: bool = True) -> Recovered:
    """Let the source serve from exactly one store again.

    A source between its stores goes back to its former owner; before `UNDONE_AFTER_S` have passed
    only if not `is_patient`, else raises `InProgress`: whoever moves it may be at work. A file that
    the registry has given to SQLite is opened. Raises `FileRefused` for a file that is not the one
    that the registry means, such as a restored backup.
    """
    with told(f"source {archive.source_id}"), owned(archive.source_id):
        placement, carried = _registered(archive, dsn)
        if placement is None:
            return Recovered(archive.source_id, "nothing", None)
        match placement.owner:
            case "freezing" | "returning":
                after = _undone(archive, dsn, placement, is_patient=is_patient)
                return Recovered(archive.source_id, "undone", after)
            case "sqlite":
                did: Did = "finished" if _is_opened(archive, placement) else "nothing"
                return Recovered(archive.source_id, did, placement)
            case "postgres":
                fence = _fence(archive)
                why_not = None if fence is None else refusal(fence, placement, carried)
                if why_not is not None:
                    raise FileRefused(archive.source_id, why_not)
                if placement.is_paused and not is_patient:
                    _resume(archive, dsn)
                return Recovered(archive.source_id, "nothing", placement)


def _undone(
    archive: SqliteArchive, dsn: str, placement: Placement, *, is_patient: bool
) -> Placement:
    if is_patient and not placement.is_stuck:
        raise InProgress(archive.source_id, placement.owner, placement.age_s, UNDONE_AFTER_S)
    if placement.owner == "freezing":
        if standing(fence := _fence(archive), placement) != "current":
            raise _refused(archive, fence, placement)
        # Before the registry gives it back: a file that was never closed would look like a backup.
        _close(archive, placement.epoch)
    after = undo(archive.source_id, dsn, placement)
    if after.owner == "sqlite":
        open_file(archive, after.epoch)
    return after


def _is_opened(archive: SqliteArchive, placement: Placement) -> bool:
    """Open a file that the registry has given to SQLite; False if it is as it should be."""
    fence = _fence(archive)
    match standing(fence, placement):
        case "current":
            return False
        case "behind":
            open_file(archive, placement.epoch)
            return True
        case _:
            raise _refused(archive, fence, placement)


def _refused(archive: SqliteArchive, fence: Fence | None, placement: Placement) -> FileRefused:
    knows = "has no fence" if fence is None else f"knows epoch {fence.epoch}"
    why = f"it {knows}; the registry says {placement.owner} at epoch {placement.epoch}"
    return FileRefused(archive.source_id, why)


def _registered(archive: SqliteArchive, dsn: str) -> tuple[Placement | None, int]:
    with closing(connect(dsn, archive.source_id)) as connection:
        if not has_registry(connection):
            return None, 0
        placement = placement_of(connection, archive.source_id)
        carried = carried_count(connection, archive.source_id) if placement else 0
        return placement, carried


def _fence(archive: SqliteArchive) -> Fence | None:
    with closing(archive.connect()) as file:
        return fence_of(file)


def _close(archive: SqliteArchive, epoch: int) -> None:
    with closing(archive.connect()) as file:
        file.execute("PRAGMA synchronous = FULL")
        file.execute("BEGIN IMMEDIATE")
        close_fence(file, epoch)
        file.execute("COMMIT")


def _resume(archive: SqliteArchive, dsn: str) -> None:
    with closing(connect(dsn, archive.source_id)) as connection, connection.transaction():
        pause(connection, archive.source_id, is_paused=False)
