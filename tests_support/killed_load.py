"""A process that loads an ingest and kills itself at a named moment.

Run as `python -m tests_support.killed_load MOMENT SOURCE HOME DSN INGEST`; DSN is empty for SQLite.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from postroom.archive import open_archive
from postroom.claim import Claim, take
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import load

MOMENTS = (
    "after the manifest was read",
    "while emails are copied",
    "while attachments are copied",
    "before the checks",
    "after the checks",
    "before the error records",
    "after the error records",
    "before the commit",
)
AFTER_THE_COMMIT = "after the commit"


def die(*_: object, **__: object) -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let `function` do its work, then die."""

    def work(*arguments: Any, **named: Any) -> None:
        function(*arguments, **named)
        die()

    return work


def dying(phase: str) -> Callable[[str, int, int | None], None]:
    """Make a progress report that dies in that phase."""
    return lambda seen, _done, _total: die() if seen == phase else None


def main(moment: str, source_id: str, home: Path, dsn: str | None, pst_file_id: str) -> None:
    """Load, and die at the moment."""
    archive = open_archive(source_id, home=home, dsn=dsn, create=False)
    claim = take(archive, pst_file_id, "v2")
    progress: Any = silent
    match moment:
        case "after the manifest was read":
            load.read_outputs = after(load.read_outputs)
        case "while emails are copied":
            progress = dying("load emails")
        case "while attachments are copied":
            progress = dying("load attachments")
        case "before the checks":
            load.check = die
        case "after the checks":
            load.check = after(load.check)
        case "before the error records":
            load.load_errors = die
        case "after the error records":
            load.load_errors = after(load.load_errors)
        case "before the commit":
            Claim.check = after(Claim.check)
    load.run(archive, FolderStore(home / "store"), pst_file_id, claim, progress)
    die()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4] or None, sys.argv[5])
