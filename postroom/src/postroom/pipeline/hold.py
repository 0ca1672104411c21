"""A claim that a worker keeps for as long as it works on an ingest."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Transaction
from postroom.claim import Claim
from postroom.errors import ClaimHeld
from postroom.reported import Reported

_BEATS_A_LEASE: Final = 6


class Hold:
    """Renews a claim, stores the progress, and notices within `watch_s` when the claim is lost.

    A database that is locked or away is waited for: the claim stays ours until another takes it.
    """

    def __init__(self, archive: Archive, claim: Claim, watch_s: float) -> None:
        self.claim = claim
        self._archive = archive
        self._watch_s = min(watch_s, claim.lease_s / _BEATS_A_LEASE)
        self._lost, self._over = threading.Event(), threading.Event()
        self._reported = Reported()
        self._thread = threading.Thread(target=self._beat, name="hold", daemon=True)
        self._thread.start()

    @property
    def is_lost(self) -> bool:
        """Whether the claim is another's or nobody's by now."""
        return self._lost.is_set()

    def report(self, phase: str, done: int, total: int | None) -> None:
        """Note the progress; it is stored with the next beat."""
        self._reported.report(phase, done, total)

    def end(self) -> None:
        """Beat no more."""
        self._over.set()
        self._thread.join()

    def give_back(self) -> None:
        """End it, and free the claim for the next; if the database is away, its lease ends."""
        self.end()
        with contextlib.suppress(*self._archive.busy_errors):
            self.claim.release(self._archive)

    def _beat(self) -> None:
        beat_s, beaten_at = self.claim.lease_s / _BEATS_A_LEASE, time.monotonic()
        while not self._over.wait(self._watch_s):
            is_due = time.monotonic() - beaten_at >= beat_s
            try:
                if is_due:
                    with self._archive.transaction() as tx:
                        self._renew(tx)
                    beaten_at = time.monotonic()
                else:
                    with self._archive.reading() as tx:
                        self.claim.look(tx)
            except ClaimHeld:
                self._lost.set()
                return
            except self._archive.busy_errors:
                continue

    def _renew(self, tx: Transaction) -> None:
        self.claim.check(tx)
        self._reported.store(tx, self.claim)
