"""Whether a file is the one that the registry speaks of, and what is to be done about its fence.

The fence of a file says at which epoch it was last opened or closed. Behind the registry it may be
by one change that was begun and not ended; a file that is further behind was put in the place of
the real one, from a backup, and lacks what was written since.
"""

from __future__ import annotations

from contextlib import closing
from typing import Final, Literal

from postroom.archive.fence import Fence, fence_of, open_fence, pause_tasks
from postroom.archive.placement import Placement
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.errors import Fenced

Standing = Literal["current", "behind", "ahead", "old"]
"""current: as the registry says. behind: its fence is still to be opened. ahead: what was read of
the registry is older than the file. old: it is a copy of another time."""

_FIRST: Final = 1
"""The epoch of a source that was registered and not moved: its file has no fence yet."""


def standing(fence: Fence | None, placement: Placement | None) -> Standing:
    """Judge the fence of a file from which the source is read, by what the registry says of it.

    `placement` is at SQLite or on its way from there; None if the registry has no row.
    """
    if placement is None:
        return "current" if fence is None else "ahead"
    epoch = placement.epoch
    if fence is None:
        return "current" if epoch == _FIRST else "old"
    if fence.epoch > epoch:
        return "ahead"
    last = (fence.is_open, epoch - fence.epoch)
    if placement.owner == "freezing":  # the fence is closed, or about to be
        return "current" if last in ((False, 0), (True, 1)) else "old"
    if last == (True, 0):
        return "current"
    # It came back, or its freeze was undone, after or before the fence was closed.
    return "behind" if last in ((False, 1), (True, 2)) else "old"


def settle(file: SqliteArchive, placement: Placement) -> None:
    """Open the fence of `file` where the registry has given the source back to it, at `placement`.

    Its tasks go on: whoever paused them has ended, or will pause them again.

    Anybody may do it, and twice is as good as once. Raises `Fenced` for an old copy.
    """
    where = f"source {file.source_id}: {file.path}"
    with told(where), closing(file.connect()) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            found = fence_of(connection)
            judged = standing(found, placement)
            if judged == "behind":
                open_fence(connection, placement.epoch)
                pause_tasks(connection, is_paused=False)
    if judged == "old":
        raise old_file(file, found, placement)


def old_file(file: SqliteArchive, fence: Fence | None, placement: Placement) -> Fenced:
    """Make the error for a file that is a copy of another time."""
    knows = "has no fence" if fence is None else f"knows epoch {fence.epoch}"
    return Fenced(
        "this file is an old copy of the source",
        where=f"source {file.source_id}: {file.path}",
        why=f"it {knows}, the registry says {placement.owner} at epoch {placement.epoch}:"
        " it lacks what was written since",
        remedy=f"put the newest file back; postroom source restore {file.source_id} takes over"
        " a snapshot on purpose",
    )
