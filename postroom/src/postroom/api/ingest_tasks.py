"""How far each task of an ingest is, by what it left in the object store."""

from __future__ import annotations

import json
from typing import Any

from postroom.errors import NoSuchObject
from postroom.ingest import Ingest
from postroom.store import Store
from postroom.tasks.names import ORDER


def task_states(store: Store, ingest: Ingest) -> list[dict[str, Any]]:
    """Give the state of every task of the ingest's engine, in their order.

    A task is done when its manifest is there. The first one that is not is the one at which a
    running ingest is, or at which one that failed has stopped.
    """
    if ingest.engine is None:
        return []
    states, is_reached = [], True
    for name in ORDER[ingest.engine]:
        folder = f"pst-{ingest.engine}/{ingest.id}/tasks/{name}"
        manifest = _json(store, f"{folder}/manifest.json")
        metrics = _json(store, f"{folder}/metrics.json") if manifest is not None else None
        states.append(
            {
                "name": name,
                "state": _state(ingest, is_done=manifest is not None, is_next=is_reached),
                "elapsed_s": (metrics or {}).get("elapsed_s"),
                "item_errors": (manifest or {}).get("item_errors"),
                "counts": (manifest or {}).get("counts", {}),
            }
        )
        is_reached = is_reached and manifest is not None
    return states


def _state(ingest: Ingest, *, is_done: bool, is_next: bool) -> str:
    if is_done:
        return "done"
    if is_next and ingest.processing_status == "processing":
        return "running"
    if is_next and ingest.processing_status in ("failed", "cancelled"):
        return "failed"
    return "waiting"


def _json(store: Store, key: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(store.read_bytes(key))
    except NoSuchObject:
        return None
    return found
