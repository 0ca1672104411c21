"""What fell between the archive and the queue, found by looking at the ingests' rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Row
from postroom.claim import is_free, take
from postroom.errors import AlreadyEnded, ClaimHeld
from postroom.pipeline import attempt as attempts
from postroom.pipeline.durable import AT_WORK, DurableQueue, workflow_id
from postroom.pipeline.say import Say

_OPEN: Final = """SELECT id, project_id, case_id, file_name, s3_bucket, s3_key, engine,
    processing_status, claim_owner, claim_attempt, claim_epoch, claim_lease_until
    FROM pst_files WHERE processing_status IN ('queued', 'processing') ORDER BY created_at, id"""

_GAVE_UP: Final = "the pipeline gave up: its workers were lost at it, or it met an internal error"


def sweep(archive: Archive, queue: DurableQueue, say: Say) -> int:
    """Bring archive and queue together; hand back for how many ingests something was done.

    A row left `queued` without a workflow gets it. An ingest whose workflow was cancelled is
    cancelled; one whose workflow ended without its row knowing becomes a dead letter. What was
    never in the queue, such as an ingest of the command line, is left alone.
    """
    with archive.reading() as tx:
        rows = tx.rows(_OPEN)
    now = datetime.now(UTC)
    rows = [row for row in rows if row["engine"] and is_free(row, now)]
    names = {_name(archive, row): row for row in rows}
    states = queue.states(list(names))
    return sum(_mend(archive, queue, row, states.get(name, ""), say) for name, row in names.items())


def _mend(archive: Archive, queue: DurableQueue, row: Row, state: str, say: Say) -> bool:
    is_queued = row["processing_status"] == "queued"
    if state in AT_WORK or not (state or is_queued):
        return False
    what = {"source": archive.source_id, "ingest": str(row["id"]), "state": state or "none"}
    message = attempts.message_of(row, archive.source_id)
    if state == "":
        queue.enqueue(message, row["engine"], attempts.coming_attempt(row))
        say("swept", does="enqueue", **what)
    elif state == "CANCELLED":
        _cancel(archive, row)
        say("swept", does="cancel", **what)
    else:
        say("swept", does="fail", **what)
        return _give_up(archive, row)
    return True


def _cancel(archive: Archive, row: Row) -> None:
    try:
        attempts.cancel(archive, str(row["id"]))
    except AlreadyEnded:
        return


def _give_up(archive: Archive, row: Row) -> bool:
    try:
        claim = take(archive, str(row["id"]), row["engine"])
    except ClaimHeld:
        return False
    if claim.epoch != row["claim_epoch"] + 1:  # somebody was at it meanwhile
        claim.release(archive)
        return False
    message = attempts.message_of(row, archive.source_id)
    claim = replace(claim, attempt=attempts.coming_attempt(row))
    attempts.fail(archive, claim, None, _GAVE_UP, message)
    return True


def _name(archive: Archive, row: Row) -> str:
    return workflow_id(archive.source_id, str(row["id"]), attempts.coming_attempt(row))
