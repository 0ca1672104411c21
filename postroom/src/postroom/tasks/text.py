"""The task `text`: a document for each attachment by value, with its text; shared by v1 and v2."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from postroom.archive import Archive
from postroom.claim import Claim
from postroom.documents.cache import TextCache
from postroom.documents.children import Answer, Children, Limits, Request, children
from postroom.documents.extract import NO_EXTRACTOR, extractor_version
from postroom.identity import BY_VALUE
from postroom.progress import Progress
from postroom.store import FolderStore
from postroom.tasks.result import TaskResult

BATCH_CONTENTS = 200
_RENEW_S = 15.0
_SUFFIX_CHARACTERS = 12
_TYPE_CHARACTERS = 100

_BY_VALUE = f"a.attachment_hash IS NOT NULL AND coalesce(a.method, {BY_VALUE}) = {BY_VALUE}"
_MISSING = f"""SELECT a.id, a.email_id, a.node_path, a.mime_type FROM email_attachments a
    LEFT JOIN documents d ON d.attachment_id = a.id
    WHERE a.pst_file_id = :id AND d.id IS NULL AND {_BY_VALUE} ORDER BY a.node_path"""  # noqa: S608
_ADD = """INSERT INTO documents (id, pst_file_id, attachment_id, email_id, status, mime_type)
    VALUES (:id, :pst_file_id, :attachment_id, :email_id, 'NEW', :mime_type)"""
_OPEN = """SELECT d.id, d.status, d.error_message, a.attachment_hash, a.file_name, a.mime_type,
    a.s3_key FROM documents d JOIN email_attachments a ON a.id = d.attachment_id
    WHERE d.pst_file_id = :id AND d.status <> 'READY' ORDER BY a.attachment_hash, a.node_path"""
_SETTLE = """UPDATE documents SET status = :status, text_excerpt = :text, error_message = :reason,
    mime_type = coalesce(:mime_type, mime_type), updated_at = :now WHERE id = :id"""
_COUNT = """SELECT count(*) AS documents, count(CASE WHEN status = 'READY' THEN 1 END) AS ready,
    count(CASE WHEN status = 'FAILED' THEN 1 END) AS failed,
    count(CASE WHEN status = 'FAILED' AND error_message LIKE :none THEN 1 END) AS without_extractor
    FROM documents WHERE pst_file_id = :id"""


@dataclass(slots=True)
class _Content:
    """One content and the ids of the documents that hold it, each with why it failed before."""

    request: Request
    cache_key: str
    documents: list[tuple[str, str | None]] = field(default_factory=list)


def run(
    archive: Archive, store: FolderStore, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Give every attachment by value of an ingest its document and its text.

    The same content is read once. What was read stays, what failed is tried again, so a second run
    changes nothing but what has become readable. That nobody reads a type is a finding, any other
    failure an item error. Raises `ClaimHeld` where the claim is lost.
    """
    return run_under(archive, store, pst_file_id, claim, progress, limits=Limits())


def run_under(
    archive: Archive,
    store: FolderStore,
    pst_file_id: str,
    claim: Claim,
    progress: Progress,
    *,
    limits: Limits,
) -> TaskResult:
    """`run` with limits of one's own."""
    started = time.monotonic()
    _add_documents(archive, pst_file_id, claim)
    work = _Work(archive, store, claim, limits)
    contents = work.contents(pst_file_id)
    with work:
        for number in range(0, len(contents), BATCH_CONTENTS):
            work.settle(contents[number : number + BATCH_CONTENTS], progress, len(contents))
    progress("text", len(contents), len(contents))
    with archive.transaction() as tx:
        row = tx.row(_COUNT, id=pst_file_id, none=f"{NO_EXTRACTOR}%") or {}
    counts = {name: int(count) for name, count in row.items()}
    metrics = {
        "elapsed_s": time.monotonic() - started,
        "contents": float(len(contents)),
        "contents_cached": float(work.cached),
    }
    errors = counts["failed"] - counts["without_extractor"]
    return TaskResult("text", counts, item_errors=errors, metrics=metrics)


def _add_documents(archive: Archive, pst_file_id: str, claim: Claim) -> None:
    namespace = uuid.UUID(pst_file_id)
    with archive.transaction() as tx:
        missing = tx.rows(_MISSING, id=pst_file_id)
        tx.change_many(
            _ADD,
            (
                {
                    "id": str(uuid.uuid5(namespace, f"document/{row['node_path']}")),
                    "pst_file_id": pst_file_id,
                    "attachment_id": row["id"],
                    "email_id": row["email_id"],
                    "mime_type": row["mime_type"],
                }
                for row in missing
            ),
        )
        claim.check(tx)


class _Work:
    """The contents of one ingest on their way to their texts."""

    def __init__(self, archive: Archive, store: FolderStore, claim: Claim, limits: Limits) -> None:
        self._archive, self._store, self._claim, self._limits = archive, store, claim, limits
        self._cache = TextCache(store, extractor_version())
        self._stack = ExitStack()
        self._children: Children | None = None
        self._renewed_at = time.monotonic()
        self._settled = 0
        self.cached = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def contents(self, pst_file_id: str) -> list[_Content]:
        """What has no text yet: each content once, with all its documents."""
        with self._archive.transaction() as tx:
            rows = tx.rows(_OPEN, id=pst_file_id)
        found: dict[str, _Content] = {}
        for row in rows:
            suffix = Path(row["file_name"] or "").suffix.lower()[1:][:_SUFFIX_CHARACTERS]
            declared = (row["mime_type"] or "").lower()[:_TYPE_CHARACTERS]
            key = self._cache.key(row["attachment_hash"], suffix, declared)
            path = self._store.path_for(row["s3_key"] or "no-object")
            request = Request(path, row["attachment_hash"], suffix, declared)
            known = row["error_message"] if row["status"] == "FAILED" else None
            content = found.setdefault(key, _Content(request, key))
            content.documents.append((row["id"], known))
        return list(found.values())

    def settle(self, batch: Sequence[_Content], progress: Progress, total: int) -> None:
        """Read a batch and write what came of it, under the claim."""
        answered = [(content, self._cache.get(content.cache_key)) for content in batch]
        kept = [(content, answer) for content, answer in answered if answer is not None]
        self.cached += len(kept)
        for read in self._read([content for content, answer in answered if answer is None]):
            kept.append(read)
            progress("text", self._settled + len(kept), total)
        self._settled += len(kept)
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        with self._archive.transaction() as tx:
            for content, answer in kept:
                tx.change_many(_SETTLE, _rows(content, answer, now))
            self._claim.check(tx)

    def _read(self, contents: Sequence[_Content]) -> Iterator[tuple[_Content, Answer]]:
        by_request: dict[Request, list[_Content]] = defaultdict(list)
        for content in contents:
            by_request[content.request].append(content)
        if by_request and self._children is None:
            self._children = self._stack.enter_context(children(self._limits))
        for result in self._children.answers(by_request) if self._children else ():
            self._renew()
            if result is None:
                continue
            request, answer = result
            for content in by_request[request]:
                self._cache.put(content.cache_key, answer)
                yield content, answer

    def _renew(self) -> None:
        if time.monotonic() - self._renewed_at >= _RENEW_S:
            self._claim.renew(self._archive)
            self._renewed_at = time.monotonic()


def _rows(content: _Content, answer: Answer, now: str) -> list[dict[str, object]]:
    status = "FAILED" if answer.text is None else "READY"
    return [
        {
            "id": document_id,
            "status": status,
            "text": answer.text,
            "reason": answer.reason,
            "mime_type": answer.mime_type,
            "now": now,
        }
        for document_id, known in content.documents
        if status == "READY" or known != answer.reason
    ]
