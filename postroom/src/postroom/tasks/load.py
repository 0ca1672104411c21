"""The task load: the outputs of the extractor become rows of the archive, in one transaction."""

from __future__ import annotations

import time

from postroom.archive.archive import Archive
from postroom.archive.transaction import Row, Transaction
from postroom.claim import Claim, no_such_ingest
from postroom.errors import AlreadyCompleted
from postroom.loading import postgres, sqlite
from postroom.loading.check import check
from postroom.loading.error_rows import load_errors
from postroom.loading.outputs import Outputs, read_outputs
from postroom.progress import Progress
from postroom.store import Store
from postroom.tasks.result import TaskResult


def run(
    archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Load the outputs of one ingest; a second load changes nothing, a killed one leaves nothing.

    Raises `NotReadable` if the outputs are not there, are not what their manifest says or do not
    hold together, `ClaimHeld` if the claim was lost, `AlreadyCompleted` if the ingest was
    completed.
    """
    start = time.perf_counter()
    prefix = f"pst-v2/{pst_file_id}"
    with archive.transaction() as tx:
        claim.look(tx)
        ingest = _open_ingest(tx, pst_file_id)
        outputs = read_outputs(store, prefix, pst_file_id, ingest["sha256"])
        _load_rows(tx, outputs, store.bucket, prefix, progress)
        errors = load_errors(tx, outputs)
        _note(tx, outputs)
        claim.check(tx)
    elapsed_s = time.perf_counter() - start
    emails, attachments = outputs.counts["emails"], outputs.counts["attachments"]
    return TaskResult(
        "load",
        {"emails": emails, "attachments": attachments, "error_records": errors},
        metrics={"elapsed_s": elapsed_s, "emails_per_s": emails / elapsed_s},
    )


def _open_ingest(tx: Transaction, pst_file_id: str) -> Row:
    row = tx.row("SELECT processing_status, sha256 FROM pst_files WHERE id = :id", id=pst_file_id)
    if row is None:
        raise no_such_ingest(pst_file_id)
    if row["processing_status"] == "completed":
        raise AlreadyCompleted(pst_file_id)
    return row


def _load_rows(
    tx: Transaction, outputs: Outputs, bucket: str, prefix: str, progress: Progress
) -> None:
    if tx.backend == "sqlite":
        check(tx, sqlite.stage(tx, outputs, bucket, prefix, progress), outputs)
        return
    relations = postgres.stage(tx, outputs, progress)
    check(tx, relations, outputs)
    postgres.merge(tx, relations, outputs.ingest_id, bucket, prefix)


def _note(tx: Transaction, outputs: Outputs) -> None:
    tx.change(
        "UPDATE pst_files SET engine_version = :program, total_emails = :emails,"
        " total_attachments = :attachments WHERE id = :id",
        program=outputs.program,
        emails=outputs.counts["emails"],
        attachments=outputs.counts["attachments"],
        id=outputs.ingest_id,
    )
