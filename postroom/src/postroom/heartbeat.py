"""Keeps the claim of a running ingest alive and its progress visible."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Final

from postroom.archive.archive import Archive
from postroom.claim import Claim
from postroom.errors import ClaimHeld
from postroom.moment import now
from postroom.progress import Progress

_BEATS_A_LEASE: Final = 6


@dataclass(slots=True)
class _Seen:
    phase: str = ""
    done: int = 0
    total: int | None = None
    at: str | None = None


@contextmanager
def beating(archive: Archive, claim: Claim, progress: Progress) -> Iterator[Progress]:
    """Renew the claim and store the progress until the block ends; yield what reports progress.

    The progress says when it last moved (`at`): a task that hangs keeps its claim, but not that.

    A beat that the database does not take, since a long transaction has it locked or it is away, is
    not an error: the next one may. A claim that was lost ends the beating; the task itself finds
    out at its next write, which cannot commit.
    """
    seen, stop = _Seen(), threading.Event()

    def report(phase: str, done: int, total: int | None) -> None:
        if (phase, done) != (seen.phase, seen.done):
            seen.at = now()
        seen.phase, seen.done, seen.total = phase, done, total
        progress(phase, done, total)

    beat_s = claim.lease_s / _BEATS_A_LEASE
    thread = threading.Thread(target=_beat, args=(archive, claim, seen, stop, beat_s), daemon=True)
    thread.start()
    try:
        yield report
    finally:
        stop.set()
        thread.join()


def _beat(
    archive: Archive, claim: Claim, seen: _Seen, stop: threading.Event, beat_s: float
) -> None:
    while not stop.wait(beat_s):
        try:
            _renew(archive, claim, seen)
        except ClaimHeld:
            return
        except archive.busy_errors:
            continue


def _renew(archive: Archive, claim: Claim, seen: _Seen) -> None:
    with archive.transaction() as tx:
        claim.check(tx)
        tx.change(
            "UPDATE pst_files SET progress = :progress WHERE id = :id",
            progress=json.dumps(asdict(seen)),
            id=claim.pst_file_id,
        )
