"""The queue of each source, opened when it is first asked for, and again if that failed."""

from __future__ import annotations

import threading
from dataclasses import replace

from postroom.commands.where import Where
from postroom.pipeline.queue import Queue, open_queue


class Queues:
    """Hands out queues; may be used from several threads."""

    def __init__(self, where: Where, pipeline_dsn: str | None) -> None:
        self._where = where
        self._pipeline_dsn = pipeline_dsn
        self._lock = threading.Lock()
        self._open: dict[str, Queue] = {}

    def of(self, source_id: str) -> Queue:
        """Give the queue of a source; raises what `open_queue` raises."""
        with self._lock:
            known = self._open.get(source_id)
            if known is None:
                where = replace(self._where, source_id=source_id)
                known = self._open[source_id] = open_queue(where, self._pipeline_dsn)
            return known

    def close(self) -> None:
        """Close all of them."""
        with self._lock:
            for queue in self._open.values():
                queue.close()
            self._open.clear()
