"""One ingest from the file to its last task, by v1 or by v2."""

from __future__ import annotations

import contextlib
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cutline.errors import Problem, WrongUsage
from postroom.archive.archive import Archive
from postroom.archive.transaction import Row
from postroom.claim import Claim, Engine, claimed, no_such_ingest
from postroom.errors import AlreadyCompleted
from postroom.heartbeat import beating
from postroom.moment import now_text
from postroom.progress import Progress
from postroom.store import Store
from postroom.tasks.names import ORDER, Task, task
from postroom.tasks.record import recorded
from postroom.tasks.result import TaskResult

# Tasks that write what was read: never again once an ingest is completed.
_READING: Final = ("v1", "extract", "load")
_PROJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAME_CHARACTERS: Final = 150

COLUMNS: Final = """id, project_id, case_id, file_name, s3_bucket, s3_key, size_bytes, sha256,
    engine, engine_version, processing_status, error_message, processing_started_at,
    processing_completed_at, total_emails, total_attachments, claim_owner, claim_attempt,
    claim_epoch, claim_lease_until, progress, created_at"""

ITEM_ERRORS: Final = """(SELECT count(*) FROM ingest_errors AS e WHERE e.pst_file_id = f.id
    AND e.kind NOT IN ('omitted', 'not_in_table', 'orphan')) AS item_errors"""
"""With `COLUMNS` of `pst_files AS f`, everything that an `Ingest` is made of."""

COMPLETED: Final = """UPDATE pst_files
    SET processing_status = 'completed', error_message = NULL, progress = NULL,
        processing_completed_at = :now,
        total_emails = (SELECT count(*) FROM email_messages WHERE pst_file_id = :id),
        total_attachments = (SELECT count(*) FROM email_attachments WHERE pst_file_id = :id)
    WHERE id = :id"""


@dataclass(frozen=True, slots=True)
class Ingest:
    """One row of `pst_files`, with the number of items that it could not read.

    Findings of the extractor (omitted, not in a table, orphan) lost nothing and are not among them.
    """

    id: str
    project_id: str
    case_id: str | None
    file_name: str
    s3_bucket: str
    s3_key: str
    size_bytes: int | None
    sha256: str | None
    engine: Engine | None
    engine_version: str | None
    processing_status: str
    error_message: str | None
    processing_started_at: str | None
    processing_completed_at: str | None
    total_emails: int | None
    total_attachments: int | None
    claim_owner: str | None
    claim_attempt: int
    claim_epoch: int
    claim_lease_until: str | None
    progress: str | None
    created_at: str
    item_errors: int

    @property
    def is_in_progress(self) -> bool:
        """Say whether it still has to end."""
        return self.processing_status in ("pending", "queued", "processing")

    @property
    def is_stalled(self) -> bool:
        """Say whether it is marked as processing while nobody is at it: its worker was lost."""
        if self.processing_status != "processing":
            return False
        until = self.claim_lease_until
        return until is None or datetime.fromisoformat(until) < datetime.now(UTC)

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return {**asdict(self), "is_stalled": self.is_stalled}


def ingest_file(
    path: Path,
    engine: Engine,
    archive: Archive,
    store: Store,
    project_id: str,
    case_id: str | None,
    progress: Progress,
) -> Ingest:
    """Ingest a PST file by `engine`: register it, run every task, hand back what came of it.

    The file itself is only read. Whatever goes wrong after the registration is also the ingest's
    `error_message`, and its status `failed`.
    """
    pst_file_id = register(path, engine, archive, store, project_id, case_id)
    return process(archive, store, pst_file_id, engine, progress)


def register(
    path: Path,
    engine: Engine,
    archive: Archive,
    store: Store,
    project_id: str,
    case_id: str | None,
) -> str:
    """Put a PST file into the store, under an id of its own, and into the archive as `pending`.

    Raises `NotReadable` if the file cannot be read, `DiskRefused` if the store cannot take it.
    """
    if not _PROJECT.fullmatch(project_id):
        raise WrongUsage(
            "this is no project id",
            where=repr(project_id),
            why="it is 1 to 64 of A-Z a-z 0-9 . _ - and begins with a letter or a digit",
            remedy="postroom ingest FILE --project matter-17",
        )
    pst_file_id = str(uuid4())
    key = f"project_{project_id}/pst/{pst_file_id}/{safe_name(path)}"
    stored = store.put_file(path, key)
    with archive.transaction() as tx:
        tx.change(
            "INSERT INTO pst_files (id, project_id, case_id, file_name, s3_bucket, s3_key,"
            " size_bytes, sha256, engine, created_at) VALUES (:id, :project_id, :case_id,"
            " :file_name, :bucket, :key, :size_bytes, :sha256, :engine, :now)",
            id=pst_file_id,
            project_id=project_id,
            case_id=case_id,
            file_name=_printable(path.name),
            bucket=store.bucket,
            key=key,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            engine=engine,
            now=now_text(),
        )
    return pst_file_id


def process(
    archive: Archive, store: Store, pst_file_id: str, engine: Engine, progress: Progress
) -> Ingest:
    """Run every task of `engine` on a registered ingest; hand it back completed.

    Raises `AlreadyCompleted` for one that is completed, `ClaimHeld` while somebody else is at it,
    and whatever a task raises, after the ingest was marked as failed with that reason.
    """
    with claimed(archive, pst_file_id, engine, begins_attempt=True) as claim:
        _begin(archive, claim)
        try:
            with beating(archive, claim, progress) as report:
                for name in ORDER[engine]:
                    run_claimed(archive, store, claim, name, report)
        except BaseException as error:
            with contextlib.suppress(*archive.busy_errors):  # then `is_stalled` tells it
                _end_badly(archive, claim, error)
            raise
        _complete(archive, claim)
    return read_ingest(archive, pst_file_id)


def resume(
    archive: Archive, store: Store, pst_file_id: str, progress: Progress, engine: Engine
) -> Ingest:
    """Process a registered ingest by the engine that it belongs to, by `engine` if by none yet."""
    own = read_ingest(archive, pst_file_id).engine
    return process(archive, store, pst_file_id, own or engine, progress)


def run_task(
    archive: Archive,
    store: Store,
    pst_file_id: str,
    name: str,
    progress: Progress,
    *,
    across: bool = False,
) -> TaskResult:
    """Run one task of an ingest again, under its claim; the ingest's status stays what it is.

    `across` lets dedupe look at older ingests, too. Raises `AlreadyCompleted` for a task that reads
    the source of a completed ingest, `WrongUsage` for a task of the other engine.
    """
    ingest = read_ingest(archive, pst_file_id)
    engine = ingest.engine or ("v1" if name == "v1" else "v2")
    if name not in ORDER[engine]:
        raise WrongUsage(
            f"the task {name} is not one of this ingest's engine",
            where=f"ingest {pst_file_id}",
            why=f"engine {engine} runs {', '.join(ORDER[engine])}",
            remedy=f"postroom task {ORDER[engine][0]} --ingest {pst_file_id}",
        )
    does = task(name, across=True) if across else None
    with (
        claimed(archive, pst_file_id, engine) as claim,
        beating(archive, claim, progress) as report,
    ):
        return run_claimed(archive, store, claim, name, report, does)


def read_ingest(archive: Archive, pst_file_id: str) -> Ingest:
    """Read one ingest; raises `NotReadable` if there is none of that id."""
    found = read_ingests(archive, pst_file_id)
    if not found:
        raise no_such_ingest(pst_file_id)
    return found[0]


def read_ingests(archive: Archive, pst_file_id: str | None = None) -> list[Ingest]:
    """Read every ingest of a source, the oldest first, or the one of that id if there is one."""
    chosen = "WHERE CAST(f.id AS text) = :id" if pst_file_id else ""
    query = f"SELECT {COLUMNS}, {ITEM_ERRORS} FROM pst_files AS f {chosen} ORDER BY created_at, id"  # noqa: S608
    with archive.reading() as tx:
        return [Ingest(**row) for row in tx.rows(query, id=pst_file_id)]


def run_claimed(
    archive: Archive,
    store: Store,
    claim: Claim,
    name: str,
    report: Progress,
    work: Task | None = None,
) -> TaskResult:
    """Run one task under a claim that is held, and keep its record; `work` does it otherwise.

    Raises `ClaimHeld` if the claim was lost, `AlreadyCompleted` for a task that reads the source of
    a completed ingest, and whatever the task raises.
    """
    with archive.transaction() as tx:
        claim.check(tx)
        status = tx.value(
            "SELECT processing_status FROM pst_files WHERE id = :id", id=claim.pst_file_id
        )
    if status == "completed" and name in _READING:
        raise AlreadyCompleted(claim.pst_file_id)
    does = work or task(name)
    return recorded(
        store, claim, name, lambda: does(archive, store, claim.pst_file_id, claim, report)
    )


def _begin(archive: Archive, claim: Claim) -> None:
    with archive.transaction() as tx:
        claim.check(tx)
        row: Row | None = tx.row(
            "SELECT processing_status FROM pst_files WHERE id = :id", id=claim.pst_file_id
        )
        if row and row["processing_status"] == "completed":
            raise AlreadyCompleted(claim.pst_file_id)
        tx.change(
            "UPDATE pst_files SET processing_status = 'processing', error_message = NULL,"
            " progress = NULL, processing_started_at = :now, processing_completed_at = NULL"
            " WHERE id = :id",
            now=now_text(),
            id=claim.pst_file_id,
        )


def _complete(archive: Archive, claim: Claim) -> None:
    with archive.transaction() as tx:
        claim.check(tx)
        tx.change(COMPLETED, now=now_text(), id=claim.pst_file_id)


def _end_badly(archive: Archive, claim: Claim, error: BaseException) -> None:
    """Say in the ingest's row why it ended; if the claim is lost, that row is not ours to write."""
    status = "cancelled" if isinstance(error, KeyboardInterrupt) else "failed"
    with archive.transaction() as tx:
        tx.change(
            "UPDATE pst_files SET processing_status = :status, error_message = :why,"
            " processing_completed_at = :now"
            " WHERE id = :id AND claim_owner = :owner AND claim_epoch = :epoch",
            status=status,
            why=reason_of(error),
            now=now_text(),
            id=claim.pst_file_id,
            owner=claim.owner,
            epoch=claim.epoch,
        )


def reason_of(error: BaseException) -> str:
    """Say in one line, without any mail content, why an ingest ended."""
    if isinstance(error, Problem):
        return ": ".join(part for part in (error.what, error.where, error.why) if part)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    # Its text may quote mail; the traceback is with whoever ran the command.
    return f"internal error: {type(error).__name__}"


def safe_name(path: Path) -> str:
    """Make a file name for the store that cannot leave its folder and ends with .pst."""
    kept = re.sub(r"[^\w. ()+,=@-]", "_", path.name).strip(". ")[-_NAME_CHARACTERS:] or "file"
    return kept if kept.lower().endswith(".pst") else f"{kept}.pst"


def _printable(name: str) -> str:
    """Make a name that both engines can hold: file names may be no UTF-8."""
    return name.encode("utf-8", "replace").decode()
