"""Workers: they claim imports, run the full pass and say what came of it."""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import replace

from cutline.routing import BUCKETS, bucket, seed_of
from importer.documents import StorageError, fetch
from importer.faults import Faults, FaultSet
from importer.pipelines import PIPELINES, Result
from importer.store import ATTEMPTS, Claim, Store

_log = logging.getLogger("importer")
_IDLE_S = 0.05
_WAIT_SEED = seed_of("model wait")
_V2_WAIT = 0.8
"""v2 asks the model in fewer calls."""


class Workers:
    """Threads that work off the queue until they are stopped."""

    def __init__(
        self, store: Store, faults: Faults, *, count: int, model_wait_s: float, incarnation: str
    ) -> None:
        self._store = store
        self._faults = faults
        self._model_wait_s = model_wait_s
        self._incarnation = incarnation
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._threads = [
            threading.Thread(target=self._loop, args=(f"{incarnation}/{number}",), daemon=True)
            for number in range(count)
        ]

    @property
    def are_available(self) -> bool:
        """Say whether every worker runs."""
        return all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Free what dead processes had claimed, and begin."""
        if freed := self._store.release_others(self._incarnation):
            _log.warning("%s imports of an earlier process are resumed", freed)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Tell the workers that there is something to do."""
        self._wake.set()

    def stop(self) -> None:
        """Let every worker give back what it has not finished."""
        self._stopping.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(10)

    def _loop(self, name: str) -> None:
        while not self._stopping.is_set():
            is_stalled = self._faults.now().get("stall") is not None
            claim = self._store.claim(name, held=not is_stalled)
            if claim is None:
                self._wake.wait(_IDLE_S)
                self._wake.clear()
            elif claim.attempts > ATTEMPTS:
                self._failed(claim, f"WorkerCrash: gave up after {ATTEMPTS} attempts")
            else:
                self._work(claim, self._faults.now())
        self._store.close()

    def _work(self, claim: Claim, faults: FaultSet) -> None:
        if faults.hits("stall", claim.id, claim.pipeline):
            self._store.hold(claim)
            return
        slow = faults.hits("slow", claim.id, claim.pipeline)
        if self._stopping.wait(self._wait_s(claim) + (slow.number("seconds") if slow else 0.0)):
            self._store.release(claim)
            return
        for kind in ("fail", "new_error"):
            if found := faults.hits(kind, claim.id, claim.pipeline):
                self._failed(claim, found.text("message"))
                return
        try:
            result = PIPELINES[claim.pipeline](fetch(claim.storage_path).body)
        except (StorageError, ValueError, KeyError) as error:
            self._failed(claim, f"{type(error).__name__}: {error}")
            return
        if faults.hits("corrupt", claim.id, claim.pipeline):
            result = _corrupted(result)
        self._store.complete(claim, result)

    def _wait_s(self, claim: Claim) -> float:
        """Return how long the model's answer takes: half to one and a half of the usual, by id."""
        spread = 0.5 + bucket(claim.id, _WAIT_SEED) / BUCKETS
        return self._model_wait_s * spread * (_V2_WAIT if claim.pipeline == "v2" else 1.0)

    def _failed(self, claim: Claim, error: str) -> None:
        self._store.fail(claim, error)
        _log.error("import %s by %s failed: %s", claim.id, claim.pipeline, error)


def _corrupted(result: Result) -> Result:
    """Return a result with the soulprint of something else."""
    return replace(result, soulprint=hashlib.sha256(result.soulprint.encode()).hexdigest())
