"""A running ingest stays claimed and shows how far it is."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from tests_support.archives import registered

from postroom.archive import Archive
from postroom.claim import take
from postroom.errors import ClaimHeld
from postroom.heartbeat import beating
from postroom.ingest import read_ingest
from postroom.moment import stamp
from postroom.pipeline.hold import Hold
from postroom.progress import silent

DEADLINE_S = 20.0
LEASE_S = 0.6


def wait_for(seen) -> None:
    """Poll until `seen()`; fail after the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_lease_is_renewed_and_the_progress_kept(archive: Archive) -> None:
    """Long work keeps its claim beyond its lease, and `status` can say what it does."""
    pst_file_id = registered(archive)
    claim = take(archive, pst_file_id, "v2", lease_s=LEASE_S)
    first = read_ingest(archive, pst_file_id).claim_lease_until
    assert first is not None
    reports = []
    with beating(archive, claim, lambda *report: reports.append(report)) as report:
        report("load emails", 3, 9)
        wait_for(lambda: (read_ingest(archive, pst_file_id).claim_lease_until or "") > first)
        wait_for(lambda: "emails" in str(read_ingest(archive, pst_file_id).progress))
    progress = json.loads(read_ingest(archive, pst_file_id).progress or "")
    assert datetime.fromisoformat(progress.pop("at")) <= datetime.now(UTC)
    assert progress == {"phase": "load emails", "done": 3, "total": 9}
    assert reports == [("load emails", 3, 9)]


def test_a_worker_keeps_its_progress_likewise(archive: Archive) -> None:
    """Also under a worker's claim: what is reported again without a step stands still."""
    pst_file_id = registered(archive)
    hold = Hold(archive, take(archive, pst_file_id, "v2", lease_s=LEASE_S), watch_s=LEASE_S)
    try:
        hold.report("load emails", 3, 9)
        wait_for(lambda: "emails" in str(read_ingest(archive, pst_file_id).progress))
        first = read_ingest(archive, pst_file_id)
        hold.report("load emails", 3, 9)
        wait_for(
            lambda: read_ingest(archive, pst_file_id).claim_lease_until != first.claim_lease_until
        )
        assert read_ingest(archive, pst_file_id).progress == first.progress
        hold.report("load emails", 4, 9)
        wait_for(lambda: '"done": 4' in str(read_ingest(archive, pst_file_id).progress))
    finally:
        hold.end()
    last = read_ingest(archive, pst_file_id).progress
    before, after = (json.loads(told or "") for told in (first.progress, last))
    assert before["at"] < after["at"] <= stamp(datetime.now(UTC))


def test_a_lost_claim_is_not_renewed(archive: Archive) -> None:
    """The heart of a zombie stops: the heir's lease is not touched."""
    pst_file_id = registered(archive)
    zombie = take(archive, pst_file_id, "v2", lease_s=-1.0)
    heir = take(archive, pst_file_id, "v2", lease_s=3600.0)
    before = read_ingest(archive, pst_file_id)
    with pytest.raises(ClaimHeld):
        zombie.renew(archive)
    with beating(archive, zombie, silent):
        pass
    assert read_ingest(archive, pst_file_id) == before
    assert before.claim_owner == heir.owner
