"""Keeps the claim of a running ingest alive and its progress visible."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from postroom.archive.archive import Archive
from postroom.claim import Claim
from postroom.errors import ClaimHeld
from postroom.progress import Progress
from postroom.reported import Reported

_BEATS_A_LEASE: Final = 6


@contextmanager
def beating(archive: Archive, claim: Claim, progress: Progress) -> Iterator[Progress]:
    """Renew the claim and store the progress until the block ends; yield what reports progress.

    A beat that the database does not take, since a long transaction has it locked or it is away, is
    not an error: the next one may. A claim that was lost ends the beating; the task itself finds
    out at its next write, which cannot commit.
    """
    reported, stop = Reported(), threading.Event()

    def report(phase: str, done: int, total: int | None) -> None:
        reported.report(phase, done, total)
        progress(phase, done, total)

    beat_s = claim.lease_s / _BEATS_A_LEASE
    thread = threading.Thread(
        target=_beat, args=(archive, claim, reported, stop, beat_s), daemon=True
    )
    thread.start()
    try:
        yield report
    finally:
        stop.set()
        thread.join()


def _beat(
    archive: Archive, claim: Claim, reported: Reported, stop: threading.Event, beat_s: float
) -> None:
    while not stop.wait(beat_s):
        try:
            _renew(archive, claim, reported)
        except ClaimHeld:
            return
        except archive.busy_errors:
            continue


def _renew(archive: Archive, claim: Claim, reported: Reported) -> None:
    with archive.transaction() as tx:
        claim.check(tx)
        reported.store(tx, claim)
