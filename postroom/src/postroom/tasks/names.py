"""Which tasks there are, and which of them an engine runs in which order."""

from __future__ import annotations

import importlib
from typing import Final, Protocol, cast

from postroom.archive.archive import Archive
from postroom.claim import Claim, Engine
from postroom.progress import Progress
from postroom.store import Store
from postroom.tasks.result import TaskResult

# The module of each task. They are imported when they run: text and v1 bring large libraries.
_MODULES: Final = {
    "v1": "postroom.legacy.ingest",
    "extract": "postroom.tasks.extract",
    "load": "postroom.tasks.load",
    "text": "postroom.tasks.text",
    "thread": "postroom.tasks.thread",
    "dedupe": "postroom.tasks.dedupe",
    "index": "postroom.tasks.index",
}

TASKS: Final = tuple(_MODULES)

ORDER: Final[dict[Engine, tuple[str, ...]]] = {
    "v1": ("v1", "text", "thread", "dedupe", "index"),
    "v2": ("extract", "load", "text", "thread", "dedupe", "index"),
}


class Task(Protocol):
    """The work of one task on one ingest, under its claim."""

    def __call__(
        self,
        archive: Archive,
        store: Store,
        pst_file_id: str,
        claim: Claim,
        progress: Progress,
    ) -> TaskResult:
        """Do it; the same again changes nothing."""
        ...


def task(name: str, *, across: bool = False) -> Task:
    """Find the task of that name; `across` the ingests of its source, which only dedupe can."""
    module = importlib.import_module(_MODULES[name])
    return cast("Task", module.run_across if across else module.run)
