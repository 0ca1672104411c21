"""The process of a task: reads calls as lines of JSON, answers each with progress and an answer.

It ends, and every program it started with it, when its worker is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

from postroom.archive.archive import Archive
from postroom.claim import Claim
from postroom.ingest import reason_of, run_claimed
from postroom.pipeline.place import Place
from postroom.pipeline.retry import kind_of
from postroom.pipeline.task_call import Answer, TaskCall
from postroom.progress import Progress
from postroom.store import Store
from postroom.tasks.result import TaskResult

MEMORY: Final = "POSTROOM_TASK_MEMORY_BYTES"
"""The variable that bounds the memory of a task, in bytes; without it only the machine does."""

_PROGRESS_S: Final = 0.5
_GRACE_S: Final = 2.0
_GROWN_BYTES: Final = 1 << 30
_KIB: Final = 1024


def main() -> None:
    """Answer calls until the worker closes the pipe."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's; the worker decides
    _confine()
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    place = Place.from_environment()
    with os.fdopen(_own_output(), "w", encoding="utf-8") as answers:
        while True:
            answer = _answer(place, TaskCall.from_line(lines.get()), answers)
            _tell(answers, {"answer": asdict(answer), "is_grown": _used_bytes() > _GROWN_BYTES})


def _answer(place: Place, call: TaskCall, answers: IO[str]) -> Answer:
    started = time.monotonic()
    try:
        result = _run(place, call, _Reports(answers))
    except MemoryError:
        return Answer("again", "out of memory")
    except Exception as error:  # noqa: BLE001  # whatever it is, the worker decides what follows
        return Answer(kind_of(error), reason_of(error))
    return Answer("done", "", result.item_errors, round(time.monotonic() - started, 3))


def _run(place: Place, call: TaskCall, report: Progress) -> TaskResult:
    archive = place.archive(call.source_id)
    store = place.store()
    if call.task != "v1":
        return run_claimed(archive, store, call.claim, call.task, report)

    def by_celery(
        archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
    ) -> TaskResult:
        del store, pst_file_id
        from postroom.legacy.task import asked  # noqa: PLC0415  # Celery and SQLAlchemy

        return asked(archive.source_id, place.home, claim, progress, place.store_url)

    return run_claimed(archive, store, call.claim, call.task, report, by_celery)


class _Reports:
    """Progress, told at most twice a second."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self._told_at = 0.0

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_S:
            self._told_at = now
            _tell(self._answers, {"progress": [phase, done, total]})


def _tell(answers: IO[str], what: dict[str, Any]) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


def _read(lines: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    # The worker is gone. Whatever runs here is another's by now.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _end(*_: object) -> None:
    """End the task in the main thread, through its own clean-up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + signal.SIGTERM)


def _confine() -> None:
    if given := os.environ.get(MEMORY):
        # The soft limit alone: what a task starts may set a narrower one of its own.
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (int(given), hard))
    with contextlib.suppress(OSError):
        # Where memory runs out the kernel is to end the task, not the worker.
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def _used_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB


def _own_output() -> int:
    """Keep standard output for answers; what a library prints goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


if __name__ == "__main__":
    main()
