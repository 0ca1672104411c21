"""What a task leaves behind in the object store: its manifest, its log, its metrics."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cutline.errors import Problem
from postroom import __version__
from postroom.claim import Claim
from postroom.errors import NoSuchObject
from postroom.store import Store
from postroom.tasks.result import TaskResult


def prefix_of(claim: Claim) -> str:
    """Name the place of an ingest's outputs in the store."""
    return f"pst-{claim.engine}/{claim.pst_file_id}"


def recorded(store: Store, claim: Claim, name: str, work: Callable[[], TaskResult]) -> TaskResult:
    """Run a task and keep what became of it under `tasks/<name>/` of its ingest.

    `log.<attempt>-<epoch>.ndjson` is the log of what one claim did; `manifest.json` holds what a
    second run would find again and is only there after a run that ended well; `metrics.json` is
    apart, since it varies.
    """
    place = f"{prefix_of(claim)}/tasks/{name}"
    log = _Log(store, f"{place}/log.{claim.attempt}-{claim.epoch}.ndjson", claim)
    start = time.perf_counter()
    store.remove(f"{place}/manifest.json")
    log.add("begin")
    try:
        result = work()
    except Problem as problem:
        log.add_last("failed", **problem.as_json())
        raise
    except BaseException as error:
        # The text of an unknown error may quote mail: its kind must do.
        log.add_last("failed", what=type(error).__name__)
        raise
    elapsed_s = round(time.perf_counter() - start, 6)
    log.add("end", item_errors=result.item_errors)
    store.put_bytes(f"{place}/metrics.json", _json({"elapsed_s": elapsed_s, **result.metrics}))
    store.put_bytes(f"{place}/manifest.json", _json(_manifest(claim, name, result)))
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


class _Log:
    """The log of a task under one claim: an object that is put again with each line."""

    def __init__(self, store: Store, key: str, claim: Claim) -> None:
        self._store, self._key = store, key
        self._who = {"attempt": claim.attempt, "epoch": claim.epoch, "owner": claim.owner}
        self._lines = self._known()

    def add(self, event: str, **more: object) -> None:
        line = {"at": datetime.now(UTC).isoformat(), "event": event, **self._who, **more}
        self._lines += json.dumps(line, ensure_ascii=False).encode() + b"\n"
        self._store.put_bytes(self._key, self._lines)

    def add_last(self, event: str, **more: object) -> None:
        """Add a line while an error is on its way, which is what everybody must hear of."""
        with contextlib.suppress(Problem):
            self.add(event, **more)

    def _known(self) -> bytes:
        """Read what the task wrote when it ran before under the same claim."""
        try:
            return self._store.read_bytes(self._key)
        except NoSuchObject:
            return b""


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
