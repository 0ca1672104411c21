"""What a task leaves behind in the object store: its manifest, its log, its metrics."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cutline.errors import Problem
from postroom import __version__
from postroom.claim import Claim
from postroom.errors import DiskRefused
from postroom.store import FolderStore
from postroom.tasks.result import TaskResult


def prefix_of(claim: Claim) -> str:
    """Name the place of an ingest's outputs in the store."""
    return f"pst-{claim.engine}/{claim.pst_file_id}"


def recorded(
    store: FolderStore, claim: Claim, name: str, work: Callable[[], TaskResult]
) -> TaskResult:
    """Run a task and keep what became of it under `tasks/<name>/` of its ingest.

    `log.ndjson` grows with each run; `manifest.json` holds what a second run would find again and
    is only there after a run that ended well; `metrics.json` is apart, since it varies.
    """
    folder = store.path_for(f"{prefix_of(claim)}/tasks/{name}")
    start = time.perf_counter()
    _clear(folder, name)
    _log(folder, claim, "begin")
    try:
        result = work()
    except Problem as problem:
        _log(folder, claim, "failed", **problem.as_json())
        raise
    except BaseException as error:
        # The text of an unknown error may quote mail: its kind must do.
        _log(folder, claim, "failed", what=type(error).__name__)
        raise
    elapsed_s = round(time.perf_counter() - start, 6)
    _log(folder, claim, "end", item_errors=result.item_errors)
    _write(folder / "metrics.json", {"elapsed_s": elapsed_s, **result.metrics})
    _write(folder / "manifest.json", _manifest(claim, name, result))
    return result


def _manifest(claim: Claim, name: str, result: TaskResult) -> dict[str, Any]:
    return {
        "format": 1,
        "task": name,
        "ingest_id": claim.pst_file_id,
        "engine": claim.engine,
        "program": f"postroom {__version__}",
        "counts": result.counts,
        "item_errors": result.item_errors,
    }


def _clear(folder: Path, name: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").unlink(missing_ok=True)
    except OSError as error:
        raise DiskRefused(
            f"the task {name} cannot keep its log",
            where=str(folder),
            why=error.strerror or str(error),
            remedy="make room or choose another place with --home; then run the task again",
        ) from error


def _log(folder: Path, claim: Claim, event: str, **more: object) -> None:
    line = {"at": datetime.now(UTC).isoformat(), "event": event, "attempt": claim.attempt}
    line |= {"epoch": claim.epoch, "owner": claim.owner, **more}
    with (folder / "log.ndjson").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line, ensure_ascii=False) + "\n")


def _write(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)
