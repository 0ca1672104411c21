"""v1 itself: one walk over a PST file, one row at a time."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypff
from sqlalchemy import text
from sqlalchemy.orm import Session

from postroom.archive.archive import Archive
from postroom.claim import Claim, held, no_such_ingest
from postroom.errors import DiskRefused, NotReadable
from postroom.legacy.models import IngestError
from postroom.legacy.names import keywords_tag
from postroom.legacy.records import Ingest, Record, record_of
from postroom.legacy.stored import UNREADABLE, Loss, why
from postroom.legacy.walk import Found, Place, walk
from postroom.progress import Progress
from postroom.store import Store, store_of_upload
from postroom.tasks.result import TaskResult

ENGINE_VERSION = f"pypff {pypff.get_version()}"
BATCH_MESSAGES = 100
BATCH_S = 10.0
_RENEW_S = 20.0

_OWN_TABLES = (
    *("email_thread_links", "email_dedupe_decisions", "documents"),
    *("email_attachments", "email_messages", "ingest_errors"),
)


def run(
    archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Read the PST of an ingest and write its rows; what an earlier attempt wrote goes first.

    Each item that could not be read is a row of `ingest_errors`. Raises `NotReadable` where pypff
    cannot open the file, `ClaimHeld` where the claim is lost, `DiskRefused` where the disk is full.
    """
    started = time.monotonic()
    engine = archive.sqlalchemy_engine()
    with Session(engine) as session:
        writer = _Writer(session, archive, claim)
        bucket, key = writer.begin()
        with (
            store.scratch() as scratch,
            store_of_upload(bucket, store).local(key) as path,
            _opened(str(path), key) as file,
        ):
            ingest = Ingest(uuid.UUID(pst_file_id), store, scratch, keywords_tag(file))
            for found in walk(file):
                writer.write(found, ingest)
                progress("messages", writer.emails, None)
        writer.finish()
    engine.dispose()
    counts = {"emails": writer.emails, "attachments": writer.attachments, "errors": writer.errors}
    metrics = {"elapsed_s": time.monotonic() - started}
    return TaskResult("v1", counts, item_errors=writer.errors, metrics=metrics)


@contextmanager
def _opened(path: str, key: str) -> Iterator[Any]:
    file = pypff.file()
    try:
        file.open(path)
    except UNREADABLE as error:
        raise NotReadable(
            "pypff cannot open this file",
            where=key,
            why=why(error).replace(path, key),
            remedy="postroom ingest FILE --engine v2 reads files that pypff refuses",
        ) from error
    try:
        yield file
    finally:
        file.close()


class _Writer:
    """Writes rows one at a time and commits them in batches, each under the claim."""

    def __init__(self, session: Session, archive: Archive, claim: Claim) -> None:
        self._session, self._archive, self._claim = session, archive, claim
        self._ingest_id = claim.pst_file_id
        self._uncommitted = 0
        self._committed_at = self._renewed_at = time.monotonic()
        self._seen: set[int] = set()
        self.emails = self.attachments = self.errors = 0

    def begin(self) -> tuple[str, str]:
        """Clear what an earlier attempt wrote, say which engine reads; hand back bucket and key."""
        for table in _OWN_TABLES:
            statement = text(f"DELETE FROM {table} WHERE pst_file_id = :id")  # noqa: S608  # ours
            self._session.execute(statement, {"id": self._ingest_id})
        row = self._session.execute(
            text("SELECT s3_bucket, s3_key FROM pst_files WHERE id = :id"), {"id": self._ingest_id}
        ).one_or_none()
        if row is None:
            raise no_such_ingest(self._ingest_id)
        self._session.execute(
            text("UPDATE pst_files SET engine_version = :version WHERE id = :id"),
            {"version": ENGINE_VERSION, "id": self._ingest_id},
        )
        self._commit()
        return str(row.s3_bucket), str(row.s3_key)

    def write(self, found: Found, ingest: Ingest) -> None:
        """Write the rows of one message, or the error that stands for it."""
        if found.loss is not None:
            self._error(found.loss, found.place)
        elif found.message.identifier in self._seen:
            self._error(Loss("the message was met in another place", "message"), found.place)
        else:
            try:
                record = record_of(found, ingest)
            except DiskRefused:
                raise
            except Exception as error:  # noqa: BLE001  # a bad message costs that message
                self._error(Loss(why(error), "message"), found.place)
            else:
                self._add(record, found.place)
        self._uncommitted += 1
        waited_s = time.monotonic() - self._committed_at
        if self._uncommitted >= BATCH_MESSAGES or waited_s >= BATCH_S:
            self._commit()

    def finish(self) -> None:
        """Say how much was read, and commit."""
        self._session.execute(
            text(
                "UPDATE pst_files SET total_emails = :emails, total_attachments = :attachments"
                " WHERE id = :id"
            ),
            {
                "emails": self.emails,
                "attachments": self.attachments,
                "id": self._ingest_id,
            },
        )
        self._commit()

    def _add(self, record: Record, place: Place) -> None:
        self._seen.add(record.message.pst_nid)
        self._row(record.message)
        for attachment in record.attachments:
            self._row(attachment)
        for path, loss in record.losses:
            self._error(loss, place, path)
        self.emails += 1
        self.attachments += len(record.attachments)

    def _error(self, loss: Loss, place: Place, path: str | None = None) -> None:
        name = f"error/{self.errors}"
        error = IngestError(
            id=str(uuid.uuid5(uuid.UUID(self._ingest_id), name)),
            pst_file_id=self._ingest_id,
            kind=loss.kind,
            node_path=path or (f"{place.nid:x}" if place.nid else None),
            folder_nid=place.folder_nid,
            folder_index=place.folder_index,
            nid=loss.nid if loss.nid is not None else place.nid,
            property=loss.property,
            reason=loss.reason,
        )
        self._row(error)
        self.errors += 1

    def _row(self, row: object) -> None:
        self._session.add(row)
        self._session.flush()

    def _commit(self) -> None:
        self._check_claim()
        self._session.commit()
        self._session.expunge_all()
        self._uncommitted, self._committed_at = 0, time.monotonic()
        if self._committed_at - self._renewed_at >= _RENEW_S:
            self._claim.renew(self._archive)
            self._renewed_at = time.monotonic()

    def _check_claim(self) -> None:
        """Hold the ingest's row until the commit; raise `ClaimHeld` if the claim is another's."""
        # Of the engine that this session is on: a source may move meanwhile.
        lock = " FOR UPDATE" if self._session.get_bind().dialect.name == "postgresql" else ""
        columns = "id, engine, claim_owner, claim_attempt, claim_epoch, claim_lease_until"
        statement = text(f"SELECT {columns} FROM pst_files WHERE id = :id{lock}")  # noqa: S608
        row = self._session.execute(statement, {"id": self._ingest_id}).mappings().one_or_none()
        if row is None:
            raise no_such_ingest(self._ingest_id)
        if (row["claim_owner"], row["claim_epoch"]) != (self._claim.owner, self._claim.epoch):
            raise held(dict(row))
