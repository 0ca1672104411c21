"""Tasks of a source stand still while it moves: none begins, and those that run come to their end.

What people write over HTTP goes on.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Final

from postroom.archive.connection import Connection
from postroom.archive.fence import build_fence, pause_tasks
from postroom.archive.source_registry import pause
from postroom.moment import now_text
from postroom.move.refusals import MoveRefused
from postroom.progress import Progress

DRAINED_WITHIN_S: Final = 600.0
_LOOKED_EVERY_S: Final = 0.2
_NAMED: Final = 5

# Whatever its status: a task may run again on an ingest that is completed.
_HELD: Final = "SELECT id FROM pst_files WHERE claim_lease_until > ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class Pausing:
    """The two connections over which a source's tasks are told."""

    file: sqlite3.Connection
    server: Connection
    source_id: str

    def pause(self, epoch: int) -> None:
        """Tell tasks not to begin, in either store; the fence is made if the file has none."""
        pause(self.server, self.source_id, is_paused=True)
        build_fence(self.file, epoch)
        pause_tasks(self.file, is_paused=True)

    def drain(self, progress: Progress, *, within_s: float = DRAINED_WITHIN_S) -> None:
        """Wait until no claim is held; one whose lease is over is held by nobody.

        Raises `MoveRefused`, which names the ingests, if that takes longer than `within_s`.
        """
        until = time.monotonic() + within_s
        while held := self.held():
            progress("wait for tasks", 0, len(held))
            if time.monotonic() > until:
                raise _not_drained(self.source_id, held, within_s)
            time.sleep(_LOOKED_EVERY_S)

    def held(self) -> list[str]:
        """List the ingests that somebody works on now."""
        return [one for (one,) in self.file.execute(_HELD, (now_text(),)).fetchall()]

    def go_on(self) -> None:
        """Let tasks begin again, in whichever store serves."""
        pause(self.server, self.source_id, is_paused=False)
        pause_tasks(self.file, is_paused=False)


def _not_drained(source_id: str, held: list[str], within_s: float) -> MoveRefused:
    more = f" and {len(held) - _NAMED} more" if len(held) > _NAMED else ""
    return MoveRefused(
        "tasks of this source do not come to their end",
        where=f"source {source_id}: ingest {', '.join(held[:_NAMED])}{more}",
        why=f"they hold their claims after {within_s:g} s",
        remedy="postroom status ID shows them, postroom cancel ID ends one; then move again",
    )
