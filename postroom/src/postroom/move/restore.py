"""Puts a snapshot in the place of the store that serves: step 10 of a move.

What was written since is not in it, so that a person takes it upon himself by name. Nothing is
destroyed: of the file a snapshot is taken first, and the schema that served stays beside the one
that was restored.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postroom.archive.connection import connect
from postroom.archive.fence import fence_of
from postroom.archive.placement import Placement
from postroom.archive.source_registry import known_placement
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.move.carry_pass import carried_count
from postroom.move.return_refusals import NotThere
from postroom.move.snapshot import Snapshot, check_same
from postroom.move.snapshot_sqlite import fingerprints, snapshot_file
from postroom.progress import Progress


@dataclass(frozen=True, slots=True)
class Restored:
    """A source that serves what a snapshot held; `kept` is where what it replaced lies."""

    source_id: str
    store: str
    taken_at: str
    rows: int
    kept: str
    by: str

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return {
            "source_id": self.source_id,
            "store": self.store,
            "taken_at": self.taken_at,
            "rows": self.rows,
            "kept": self.kept,
            "by": self.by,
        }


def restore_file(
    archive: SqliteArchive, dsn: str | None, snapshot: Snapshot, *, by: str, progress: Progress
) -> Restored:
    """Put a snapshot in the place of the file's content; services that have it open see it whole.

    The file is closed meanwhile. Killed, it is run again. Raises `NotThere` if the source does not
    live in its file, or `snapshot` is of another source or store.
    """
    check_fits(snapshot, archive.source_id, "sqlite")
    placement, carried = _registered(archive, dsn)
    if placement is not None and placement.owner != "sqlite":
        why = f"the registry says {placement.owner}"
        raise NotThere(archive.source_id, "the file does not serve: it is not restored", why)
    with told(f"source {archive.source_id}: {archive.path}"):
        _close(archive)
        kept = snapshot_file(archive, snapshot.path.parent, progress)
        with _prepared(snapshot, placement, carried) as ready:
            wanted = fingerprints(ready, progress)
            with closing(archive.connect()) as file:
                # One transaction for whoever reads: all of the old, or all of the new.
                ready.backup(file, pages=-1)
                check_same(str(archive.path), wanted, fingerprints(file, progress))
    at = snapshot.taken_at
    return Restored(archive.source_id, "sqlite", at, snapshot.rows, str(kept.path), by)


def check_fits(snapshot: Snapshot, source_id: str, store: str) -> None:
    """Raise `NotThere` if a snapshot is of another source or of the other store."""
    if (snapshot.source_id, snapshot.store) != (source_id, store):
        why = f"it is of source {snapshot.source_id}, in {snapshot.store}"
        raise NotThere(source_id, "this snapshot does not fit", why)


def _registered(archive: SqliteArchive, dsn: str | None) -> tuple[Placement | None, int]:
    if dsn is None:
        return None, 0
    with closing(connect(dsn, archive.source_id)) as connection:
        placement = known_placement(connection, archive.source_id)
        count = carried_count(connection, archive.source_id) if placement else 0
        return placement, count


def _close(archive: SqliteArchive) -> None:
    """Let nobody write, at the epoch that it has; the snapshot brings an open fence with it."""
    with closing(archive.connect()) as file:
        file.execute("PRAGMA synchronous = FULL")
        file.execute("BEGIN IMMEDIATE")
        if fence_of(file) is None:
            file.execute("INSERT INTO move_fence (one, is_open, epoch) VALUES (1, 0, 1)")
        file.execute("UPDATE move_fence SET is_open = 0")
        file.execute("COMMIT")


@contextmanager
def _prepared(
    snapshot: Snapshot, placement: Placement | None, carried: int
) -> Iterator[sqlite3.Connection]:
    """Yield a copy of a snapshot that is at the registry's epoch: it may be from long before."""
    with tempfile.TemporaryDirectory(dir=snapshot.path.parent, prefix="restore-") as folder:
        copy = Path(shutil.copyfile(snapshot.path, Path(folder) / "ready.sqlite"))
        with closing(sqlite3.connect(copy)) as ready:
            ready.execute("DELETE FROM move_log")
            if placement is None:
                ready.execute("UPDATE move_fence SET is_open = 1, is_paused = 0")
            else:
                ready.execute("DELETE FROM move_fence")
                ready.execute(
                    "INSERT INTO move_fence (one, is_open, epoch, carried) VALUES (1, 1, ?, ?)",
                    (placement.epoch, carried),
                )
            ready.commit()
            yield ready
