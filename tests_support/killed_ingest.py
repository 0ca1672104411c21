"""A process that ingests by v2 and kills itself at a named moment.

Run as `python -m tests_support.killed_ingest MOMENT SOURCE HOME DSN INGEST`; DSN is empty for
SQLite, `POSTROOM_STORE` names another object store than the home's. The tasks after load are
stand-ins: what they promise is shown elsewhere.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from postroom import ingest
from postroom.archive import open_archive
from postroom.ingest import process
from postroom.progress import silent
from postroom.store import open_store
from postroom.store.s3 import S3Store
from postroom.tasks import extract, load
from postroom.tasks.names import Task
from postroom.tasks.result import TaskResult
from tests_support.killed_load import die
from tests_support.killed_put import after_one

MOMENTS = (
    "before the first task",
    "while the outputs are moved",
    "after extract",
    "after load",
    "before the ingest is completed",
)


def task(name: str) -> Any:
    """Find extract and load as they are, and a stand-in for every other task."""
    real: dict[str, Task] = {"extract": extract.run, "load": load.run}
    return real.get(name, lambda *_: TaskResult(name))


def dying_after(name: str) -> Callable[[str], Any]:
    """Find tasks of which the one of that name is followed by death."""

    def find(asked: str) -> Any:
        work = task(asked)
        if asked != name:
            return work

        def last(*arguments: Any) -> None:
            work(*arguments)
            die()

        return last

    return find


def rename_once_and_die() -> None:
    """Let the first file be renamed, and die at the second."""
    rename, renamed = Path.rename, []

    def once(path: Path, target: Path) -> Path:
        if renamed:
            die()
        renamed.append(path)
        return rename(path, target)

    Path.rename = once  # type: ignore[assignment, method-assign]


def main(moment: str, source_id: str, home: Path, dsn: str | None, pst_file_id: str) -> None:
    """Process the ingest, and die at the moment."""
    ingest.task = task
    match moment:
        case "before the first task":
            ingest.task = die
        case "while the outputs are moved":
            rename_once_and_die()
            S3Store._send = after_one(S3Store._send)  # type: ignore[method-assign]  # noqa: SLF001
        case "after extract":
            ingest.task = dying_after("extract")
        case "after load":
            ingest.task = dying_after("load")
        case "before the ingest is completed":
            ingest._complete = die  # noqa: SLF001
    archive = open_archive(source_id, home=home, dsn=dsn, create=False)
    store = open_store(os.environ.get("POSTROOM_STORE", ""), home=home)
    process(archive, store, pst_file_id, "v2", silent)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4] or None, sys.argv[5])
