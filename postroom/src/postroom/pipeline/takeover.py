"""How the workers that live take over from those that died."""

from __future__ import annotations

import time
from collections.abc import Callable

from postroom.pipeline.say import Say
from postroom.pipeline.worker_rows import WorkerRows, WorkerSeen


class Takeover:
    """Finds dead workers and puts what they had begun back into the queue.

    Of all who see a worker dead one wins, by a conditional update of its row. `recover` may run
    twice without harm, so a winner that dies in the middle is itself taken over.

    A worker that cannot reach the database looks dead to nobody who could not reach it either:
    others are judged by their silence only after this worker has itself beaten for that long.
    """

    def __init__(
        self,
        rows: WorkerRows,
        me: WorkerSeen,
        recover: Callable[[str], int],
        dead_after_s: float,
        say: Say,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rows, self._me, self._recover = rows, me, recover
        self._dead_after_s, self._say, self._clock = dead_after_s, say, clock
        self._beaten_at = self._beating_since = clock()

    def beaten(self) -> None:
        """Note that this worker's row is fresh now."""
        now = self._clock()
        if now - self._beaten_at > self._dead_after_s / 2:
            self._beating_since = now
        self._beaten_at = now

    @property
    def judges_silence(self) -> bool:
        """Whether this worker was itself heard long enough, and just now, to judge others."""
        now = self._clock()
        is_heard = now - self._beaten_at <= self._dead_after_s / 2
        return is_heard and now - self._beating_since >= self._dead_after_s

    def look(self) -> int:
        """Take over each worker that is dead; hand back how many that were."""
        judges_silence = self.judges_silence
        taken = 0
        for other in self._rows.read():
            if other.executor_id == self._me.executor_id:
                continue
            is_dead = other.is_dead(self._dead_after_s) if judges_silence else other.has_ended
            if is_dead and (heir := self._rows.take(other, self._dead_after_s)):
                found = self._recover(other.executor_id)
                self._rows.forget(heir)
                taken += 1
                self._say("takeover", executor=other.executor_id, ingests=found)
        return taken

    def adopt(self, executors: set[str]) -> int:
        """Take over what belongs to workers that have no row at all; hand back how much it is."""
        known = {row.executor_id for row in self._rows.read()}
        found = {one: self._recover(one) for one in sorted(executors - known)}
        for executor_id, ingests in found.items():
            self._say("takeover", executor=executor_id, ingests=ingests)
        return sum(found.values())
