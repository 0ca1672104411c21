"""A process that runs one task of an ingest and kills itself at a named moment.

Run as `python -m tests_support.killed_task TASK PHASE DONE SOURCE HOME DSN INGEST`: it dies once
it reports DONE or more in PHASE, or before it commits where PHASE is `commit`. DSN is empty for
SQLite.
"""

from __future__ import annotations

import sys
from pathlib import Path

from postroom.archive import open_archive
from postroom.claim import Claim, take
from postroom.store import FolderStore
from postroom.tasks.names import task
from tests_support.killed_load import after, die


def main(name: str, phase: str, least: int, source_id: str, place: tuple[Path, str | None]) -> None:
    """Run the task of the ingest that is named last, and die on the way."""
    home, dsn = place
    archive = open_archive(source_id, home=home, dsn=dsn, create=False)
    claim = take(archive, sys.argv[7], "v2")

    def progress(seen: str, done: int, _total: int | None) -> None:
        if seen == phase and done >= least:
            die()

    if phase == "commit":
        Claim.check = after(Claim.check)
    task(name)(archive, FolderStore(home / "store"), claim.pst_file_id, claim, progress)


if __name__ == "__main__":
    place = (Path(sys.argv[5]), sys.argv[6] or None)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], place)
