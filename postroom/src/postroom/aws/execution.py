"""The claim of an execution: taken by its first job, carried on by the others, each a process.

The owner is the execution, not a process. Each job that carries the claim on raises the epoch, so a
job that Step Functions has given up, and that runs on somewhere, can commit nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.pause import check_not_paused
from postroom.archive.transaction import Row, Transaction
from postroom.aws.lease import AT_WORK_S, WAITING_S
from postroom.claim import Claim, held, is_free, no_such_ingest
from postroom.errors import AlreadyCompleted, NotReadable
from postroom.ingest import COMPLETED
from postroom.moment import now_text, text_in
from postroom.pipeline.attempt import coming_attempt
from postroom.pipeline.dead_letters import add_dead_letter
from postroom.pipeline.message import IngestMessage, InvalidMessage, check_same_upload

_READ: Final = """SELECT id, engine, project_id, s3_bucket, s3_key, size_bytes, processing_status,
    error_message, claim_owner, claim_attempt, claim_epoch, claim_lease_until
    FROM pst_files WHERE CAST(id AS text) = :id"""

_BEGIN: Final = """UPDATE pst_files
    SET engine = 'v2', processing_status = 'processing', error_message = NULL, progress = NULL,
        processing_started_at = :now, processing_completed_at = NULL, claim_owner = :owner,
        claim_attempt = :attempt, claim_epoch = claim_epoch + 1, claim_lease_until = :until
    WHERE id = :id AND claim_epoch = :epoch AND processing_status = :status"""

_CARRY_ON: Final = """UPDATE pst_files
    SET claim_epoch = claim_epoch + 1, claim_lease_until = :until, error_message = NULL
    WHERE id = :id AND claim_epoch = :epoch AND claim_owner = :owner
        AND processing_status = 'processing'"""

_HAND_OVER: Final = """UPDATE pst_files SET claim_lease_until = :until, error_message = :reason
    WHERE id = :id AND claim_owner = :owner AND claim_epoch = :epoch"""

# The owner stays, so that the execution's other jobs know whose failure it is; without a lease
# everybody else may take the ingest.
_FAIL: Final = """UPDATE pst_files
    SET processing_status = 'failed', error_message = :reason, processing_completed_at = :now,
        claim_owner = :owner, claim_attempt = :attempt, claim_lease_until = NULL,
        claim_epoch = claim_epoch + 1
    WHERE id = :id AND claim_epoch = :epoch AND processing_status <> 'completed'"""


def begin(archive: Archive, message: IngestMessage, owner: str) -> Claim:
    """Take the ingest of a message for an execution, and mark it as `processing`.

    An execution that has it already keeps its attempt. Raises `ClaimHeld` while somebody else has
    it, where it is v1's or was cancelled; `AlreadyCompleted`; `InvalidMessage` for an id that the
    source does not have, or has for another upload.
    """
    with archive.transaction() as tx:
        check_not_paused(tx, archive.source_id)
        row = _named(tx, message)
        status = row["processing_status"]
        if row["engine"] not in (None, "v2") or status == "cancelled":
            raise held(row)
        if row["claim_owner"] != owner and not is_free(row, datetime.now(UTC)):
            raise held(row)
        attempt = coming_attempt(row)
        changed = tx.change(
            _BEGIN,
            id=message.pst_file_id,
            owner=owner,
            attempt=attempt,
            epoch=row["claim_epoch"],
            status=status,
            now=now_text(),
            until=text_in(WAITING_S),
        )
        if not changed:
            raise held(_row(tx, message))
    return Claim(message.pst_file_id, "v2", owner, attempt, row["claim_epoch"] + 1, AT_WORK_S)


def carry_on(archive: Archive, message: IngestMessage, owner: str) -> Claim:
    """Carry the claim of an execution on in this process; whoever had it before has lost it.

    Raises `ClaimHeld` if it is not this execution's, `AlreadyCompleted` if the ingest is.
    """
    with archive.transaction() as tx:
        check_not_paused(tx, archive.source_id)
        row = _row(tx, message)
        changed = tx.change(
            _CARRY_ON,
            id=message.pst_file_id,
            owner=owner,
            epoch=row["claim_epoch"],
            until=text_in(AT_WORK_S),
        )
        if not changed:
            raise held(row)
    attempt, epoch = row["claim_attempt"], row["claim_epoch"] + 1
    return Claim(message.pst_file_id, "v2", owner, attempt, epoch, AT_WORK_S)


def failure_of(archive: Archive, message: IngestMessage, owner: str) -> str | None:
    """Tell why a job of this execution has failed for good, if one has."""
    with archive.reading() as tx:
        row = tx.row(_READ, id=message.pst_file_id)
    is_ours = row is not None and row["claim_owner"] == owner
    return (
        row["error_message"] if row and is_ours and row["processing_status"] == "failed" else None
    )


def hand_over(archive: Archive, claim: Claim, reason: str | None = None) -> None:
    """Keep the claim for the execution's next job, with the reason if this one is to run again."""
    with archive.transaction() as tx:
        tx.change(
            _HAND_OVER,
            id=claim.pst_file_id,
            owner=claim.owner,
            epoch=claim.epoch,
            until=text_in(WAITING_S),
            reason=reason,
        )


def complete(archive: Archive, claim: Claim) -> None:
    """Mark the ingest as completed and give its claim back, in one transaction."""
    with archive.transaction() as tx:
        claim.check(tx)
        tx.change(COMPLETED, id=claim.pst_file_id, now=now_text())
        tx.change(
            "UPDATE pst_files SET claim_owner = NULL, claim_lease_until = NULL WHERE id = :id",
            id=claim.pst_file_id,
        )


def fail(
    archive: Archive, message: IngestMessage, owner: str, task: str | None, reason: str
) -> str | None:
    """Mark the ingest as failed, with its dead letter; hand back the reason that it has then.

    What a job of this execution wrote of itself is kept: it knows more. None if there was nothing
    to mark: somebody else has the ingest, it is completed, cancelled, or not there.
    """
    now = now_text()
    with archive.transaction() as tx:
        row = tx.row(_READ, id=message.pst_file_id)
        if row is None or not _is_to_fail(row, owner):
            return None
        if row["claim_owner"] == owner:
            reason = row["error_message"] or reason
        attempt = row["claim_attempt"] if row["claim_owner"] == owner else coming_attempt(row)
        tx.change(
            _FAIL,
            id=message.pst_file_id,
            owner=owner,
            attempt=attempt,
            epoch=row["claim_epoch"],
            reason=reason,
            now=now,
        )
        add_dead_letter(tx, message, "v2", task, attempt, reason, now)
    return reason


def upload_bytes(archive: Archive, message: IngestMessage) -> int | None:
    """Tell the size of the upload, if the archive knows it."""
    with archive.reading() as tx:
        size_bytes = _row(tx, message)["size_bytes"]
    return None if size_bytes is None else int(size_bytes)


def _is_to_fail(row: Row, owner: str) -> bool:
    status = row["processing_status"]
    if status in ("completed", "cancelled") or row["engine"] not in (None, "v2"):
        return False
    if row["claim_owner"] == owner:
        return True
    return status in ("pending", "queued") and is_free(row, datetime.now(UTC))


def _row(tx: Transaction, message: IngestMessage) -> Row:
    row = tx.row(_READ, id=message.pst_file_id)
    if row is None:
        raise no_such_ingest(message.pst_file_id)
    if row["processing_status"] == "completed":
        raise AlreadyCompleted(message.pst_file_id)
    return row


def _named(tx: Transaction, message: IngestMessage) -> Row:
    """Read the ingest that a message names, if it is its."""
    try:
        row = _row(tx, message)
    except NotReadable as error:
        raise InvalidMessage(
            "the message names an ingest that there is not",
            where=f"ingest {message.pst_file_id}",
            why=f"source {message.source_id} has no row of that id in pst_files",
            remedy="postroom submit registers an upload and sends its message",
        ) from error
    check_same_upload(row, message)
    return row
