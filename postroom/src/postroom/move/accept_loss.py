"""A source whose PostgreSQL is gone: its file is opened though something may not be in it.

That is what a person decides, who attests that PostgreSQL serves nobody: it may come back. From
then on the file logs what is written to it, so that both can be brought together again.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from postroom.archive.fence import fence_of
from postroom.archive.source_registry import known_placement
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.errors import Away
from postroom.moment import now_text
from postroom.move.capture_sqlite import install_capture
from postroom.move.return_refusals import FileRefused, NotThere
from postroom.move.session import session


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that takes writes while PostgreSQL is gone; `passes` were carried into it before."""

    source_id: str
    attested: str
    passes: int

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object; how much was not carried, nobody knows."""
        return {
            "source_id": self.source_id,
            "owner": "sqlite",
            "loss_accepted": self.attested,
            "passes": self.passes,
            "not_carried": None,
        }


def accept_loss(archive: SqliteArchive, dsn: str | None, *, by: str) -> Opened:
    """Open the closed file without PostgreSQL, in the name of `by`; twice is as good as once.

    What was written there and not carried is not in the file until `reconcile`. Raises `NotThere`
    if PostgreSQL answers, since then nothing has to be lost, and for a file that is open anyway;
    `FileRefused` for one that has no fence.
    """
    _check_gone(archive, dsn)
    with told(f"source {archive.source_id}: {archive.path}"), closing(archive.connect()) as file:
        file.execute("PRAGMA synchronous = FULL")
        fence = fence_of(file)
        if fence is None:
            raise FileRefused(archive.source_id, "it has no fence: it is not the file that moved")
        if fence.loss_accepted is not None:
            return Opened(archive.source_id, fence.loss_accepted, fence.carried)
        if fence.is_open:
            raise NotThere(archive.source_id, "nothing is lost", "the file takes writes already")
        install_capture(file, fence.epoch)
        attested = f"{by} at {now_text()}"
        file.execute("BEGIN IMMEDIATE")
        file.execute("DELETE FROM move_log")
        file.execute(
            "UPDATE move_fence SET is_open = 1, is_paused = 0, loss_accepted = ?"
            " WHERE NOT is_open AND epoch = ?",
            (attested, fence.epoch),
        )
        file.execute("COMMIT")
    return Opened(archive.source_id, attested, fence.carried)


def _check_gone(archive: SqliteArchive, dsn: str | None) -> None:
    if dsn is None:
        return
    try:
        with session(archive.source_id, dsn) as connection:
            here = known_placement(connection, archive.source_id)
    except Away:
        return
    owner = f"and says {here.owner}" if here else "and has no row of this source"
    raise NotThere(
        archive.source_id,
        "no loss has to be accepted",
        f"PostgreSQL answers {owner}: postroom source rollback loses nothing",
    )
