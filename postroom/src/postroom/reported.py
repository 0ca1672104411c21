"""What the work under a claim has reported, as the ingest's row keeps it."""

from __future__ import annotations

import json
from typing import Final

from postroom.archive.transaction import Transaction
from postroom.claim import Claim
from postroom.moment import now_text

_STORE: Final = "UPDATE pst_files SET progress = :progress WHERE id = :id"


class Reported:
    """The last progress, and `at`, the beat that last saw it move.

    A task that hangs keeps its claim, but `at` stands still. One thread reports, another stores.
    """

    def __init__(self) -> None:
        self._seen: tuple[str, int, int | None] | None = None
        self._stored: tuple[str, int] | None = None
        self._at = ""

    def report(self, phase: str, done: int, total: int | None) -> None:
        """Note the progress; it is stored with the next beat."""
        self._seen = (phase, done, total)

    def store(self, tx: Transaction, claim: Claim) -> None:
        """Write it into the row of the claim's ingest; nothing as long as nothing was reported."""
        if self._seen is None:
            return
        phase, done, total = self._seen
        if (phase, done) != self._stored:
            self._stored, self._at = (phase, done), now_text()
        progress = {"phase": phase, "done": done, "total": total, "at": self._at}
        tx.change(_STORE, progress=json.dumps(progress), id=claim.pst_file_id)
