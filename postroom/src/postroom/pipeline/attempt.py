"""An attempt at an ingest, as its row tells it: queued, begun, completed, failed, cancelled.

An attempt has a number, which is in the name of its workflow: a message that comes twice, or late,
is of an attempt that has begun or is over, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Row, Transaction
from postroom.claim import Claim, Engine, held, is_free, no_such_ingest
from postroom.errors import AlreadyCompleted, AlreadyEnded, ClaimHeld
from postroom.ingest import COMPLETED
from postroom.moment import now_text
from postroom.pipeline.dead_letters import add_dead_letter
from postroom.pipeline.message import IngestMessage, check_same_upload

_TRIES: Final = 5

_READ: Final = """SELECT id, project_id, case_id, file_name, s3_bucket, s3_key, engine,
    processing_status, claim_owner, claim_attempt, claim_epoch, claim_lease_until
    FROM pst_files WHERE CAST(id AS text) = :id"""

_REGISTER: Final = """INSERT INTO pst_files
    (id, project_id, case_id, file_name, s3_bucket, s3_key, engine, created_at)
    VALUES (:id, :project_id, :case_id, :file_name, :bucket, :key, :engine, :now)
    ON CONFLICT (id) DO NOTHING"""

_QUEUE: Final = """UPDATE pst_files
    SET processing_status = 'queued', engine = :engine, error_message = NULL, progress = NULL,
        processing_completed_at = NULL, claim_owner = NULL, claim_lease_until = NULL
    WHERE id = :id AND claim_epoch = :epoch AND claim_attempt = :attempt
        AND processing_status = :status"""

_BEGIN: Final = """UPDATE pst_files
    SET processing_status = 'processing', claim_attempt = :attempt, error_message = NULL,
        progress = NULL, processing_started_at = :now, processing_completed_at = NULL
    WHERE id = :id"""

_FAIL: Final = """UPDATE pst_files
    SET processing_status = 'failed', error_message = :reason, processing_completed_at = :now,
        claim_attempt = :attempt, claim_owner = NULL, claim_lease_until = NULL
    WHERE id = :id"""

# The epoch grows, so whoever is at it can commit nothing from now on.
_CANCEL: Final = """UPDATE pst_files
    SET processing_status = 'cancelled', error_message = 'cancelled', progress = NULL,
        processing_completed_at = :now, claim_owner = NULL, claim_lease_until = NULL,
        claim_epoch = claim_epoch + 1, claim_attempt = :attempt
    WHERE id = :id AND claim_epoch = :epoch AND processing_status = :status"""


def read_row(archive: Archive, pst_file_id: str) -> Row | None:
    """Read what an ingest's row says of its attempts."""
    with archive.reading() as tx:
        return tx.row(_READ, id=pst_file_id)


def queue(
    archive: Archive,
    message: IngestMessage,
    engine: Engine,
    *,
    is_at_work: Callable[[int], bool],
) -> int:
    """Mark an ingest as `queued`; hand back the number of the attempt that is to come.

    One that is queued already for this engine keeps its number. An ingest without a row gets one.
    `is_at_work` says whether the queue still works on an attempt whose worker was lost. Raises
    `ClaimHeld`, which names the holder, while somebody is at it or where it is the other engine's,
    `AlreadyCompleted`, and `InvalidMessage` where message and row are of different uploads.
    """
    row: Row | None = None
    for _ in range(_TRIES):
        row = read_row(archive, message.pst_file_id)
        if row is None:
            _register(archive, message, engine)
            continue
        check_same_upload(row, message)
        attempt = int(row["claim_attempt"])
        if not _is_to_be_queued(row, engine, partial(is_at_work, attempt)):
            return attempt + 1
        with archive.transaction() as tx:
            marked = tx.change(
                _QUEUE,
                id=message.pst_file_id,
                engine=engine,
                epoch=row["claim_epoch"],
                attempt=attempt,
                status=row["processing_status"],
            )
        if marked:
            return attempt + 1
    raise held(row) if row else no_such_ingest(message.pst_file_id)


def begin(archive: Archive, claim: Claim) -> None:
    """Mark the attempt `claim.attempt` as begun; the same again changes nothing."""
    with archive.transaction() as tx:
        claim.check(tx)
        tx.change(_BEGIN, id=claim.pst_file_id, attempt=claim.attempt, now=now_text())


def complete(archive: Archive, claim: Claim) -> None:
    """Mark an ingest as completed; the same again changes nothing."""
    with archive.transaction() as tx:
        claim.check(tx)
        tx.change(COMPLETED, id=claim.pst_file_id, now=now_text())


def fail(
    archive: Archive, claim: Claim, task: str | None, reason: str, message: IngestMessage
) -> None:
    """Mark the attempt of a claim as failed with its reason and add its dead letter, or neither."""
    now, number = now_text(), claim.attempt
    with archive.transaction() as tx:
        claim.check(tx)
        tx.change(_FAIL, id=claim.pst_file_id, attempt=number, reason=reason, now=now)
        add_dead_letter(tx, message, claim.engine, task, number, reason, now)


def cancel(archive: Archive, pst_file_id: str) -> None:
    """Take an ingest from whoever is at it and mark it as cancelled; twice is as good as once.

    Raises `AlreadyEnded` if it is completed or failed.
    """
    for _ in range(_TRIES):
        row = read_row(archive, pst_file_id)
        if row is None:
            raise no_such_ingest(pst_file_id)
        if row["processing_status"] == "cancelled":
            return
        refuse_if_over(row)
        with archive.transaction() as tx:
            if _cancelled(tx, row):
                return
    raise ClaimHeld(
        "the ingest changes too often to be cancelled",
        where=f"ingest {pst_file_id}",
        remedy=f"postroom cancel {pst_file_id}",
    )


def refuse_if_over(row: Row) -> None:
    """Raise `AlreadyEnded` for an ingest that there is nothing to cancel of."""
    if row["processing_status"] in ("completed", "failed"):
        raise AlreadyEnded(str(row["id"]), row["processing_status"])


def coming_attempt(row: Row) -> int:
    """Number of the attempt that is queued or at work."""
    return int(row["claim_attempt"]) + int(row["processing_status"] != "processing")


def message_of(row: Row, source_id: str) -> IngestMessage:
    """Write the message that asks for the ingest of a row."""
    name = "".join(c if c.isprintable() else "_" for c in row["file_name"]) or "_"
    return IngestMessage(
        pst_file_id=str(row["id"]),
        project_id=row["project_id"],
        case_id=row["case_id"],
        file_name=name,
        source_bucket=row["s3_bucket"],
        source_key=row["s3_key"],
        source_id=source_id,
    )


def _is_to_be_queued(row: Row, engine: Engine, is_at_work: Callable[[], bool]) -> bool:
    status = row["processing_status"]
    if status == "completed":
        raise AlreadyCompleted(str(row["id"]))
    if row["engine"] not in (None, engine) or not is_free(row, datetime.now(UTC)):
        raise held(row)
    if status == "processing" and is_at_work():  # its worker was lost; another will take it over
        raise held(row)
    return status != "queued" or row["engine"] is None


def _register(archive: Archive, message: IngestMessage, engine: Engine) -> None:
    with archive.transaction() as tx:
        tx.change(
            _REGISTER,
            id=message.pst_file_id,
            project_id=message.project_id,
            case_id=message.case_id,
            file_name=message.file_name,
            bucket=message.source_bucket,
            key=message.source_key,
            engine=engine,
            now=now_text(),
        )


def _cancelled(tx: Transaction, row: Row) -> int:
    return tx.change(
        _CANCEL,
        id=row["id"],
        epoch=row["claim_epoch"],
        status=row["processing_status"],
        attempt=coming_attempt(row),
        now=now_text(),
    )
