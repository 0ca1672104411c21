"""The task `text`: a document for each attachment by value, with its text; shared by v1 and v2."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import Self

from postroom.archive import Archive
from postroom.claim import Claim
from postroom.documents.cache import TextCache
from postroom.documents.children import Answer, Children, Limits, Request, children
from postroom.documents.contents import Content, open_contents
from postroom.documents.extract import NO_EXTRACTOR, extractor_version
from postroom.identity import BY_VALUE
from postroom.moment import now_text
from postroom.progress import Progress
from postroom.row_stream import streamed
from postroom.store import Store
from postroom.tasks.result import TaskResult

BATCH_CONTENTS = 200
_RENEW_S = 15.0

_BY_VALUE = f"a.attachment_hash IS NOT NULL AND coalesce(a.method, {BY_VALUE}) = {BY_VALUE}"
_MISSING = f"""SELECT a.id, a.email_id, a.node_path, a.mime_type FROM email_attachments a
    LEFT JOIN documents d ON d.attachment_id = a.id
    WHERE a.pst_file_id = :id AND d.id IS NULL AND {_BY_VALUE} ORDER BY a.node_path"""  # noqa: S608
_ADD = """INSERT INTO documents (id, pst_file_id, attachment_id, email_id, status, mime_type)
    VALUES (:id, :pst_file_id, :attachment_id, :email_id, 'NEW', :mime_type)"""
_SETTLE = """UPDATE documents SET status = :status, text_excerpt = :text, error_message = :reason,
    mime_type = coalesce(:mime_type, mime_type), updated_at = :now WHERE id = :id"""
_OPEN_CONTENTS = """SELECT count(DISTINCT a.attachment_hash) AS n FROM documents d
    JOIN email_attachments a ON a.id = d.attachment_id
    WHERE d.pst_file_id = :id AND d.status <> 'READY'"""
_COUNT = """SELECT count(*) AS documents, count(CASE WHEN status = 'READY' THEN 1 END) AS ready,
    count(CASE WHEN status = 'FAILED' THEN 1 END) AS failed,
    count(CASE WHEN status = 'FAILED' AND error_message LIKE :none THEN 1 END) AS without_extractor
    FROM documents WHERE pst_file_id = :id"""


def run(
    archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Give every attachment by value of an ingest its document and its text.

    The same content is read once. What was read stays, what failed is tried again, so a second run
    changes nothing but what has become readable. That nobody reads a type is a finding, any other
    failure an item error. Raises `ClaimHeld` where the claim is lost.
    """
    return run_under(archive, store, pst_file_id, claim, progress, limits=Limits())


def run_under(
    archive: Archive,
    store: Store,
    pst_file_id: str,
    claim: Claim,
    progress: Progress,
    *,
    limits: Limits,
) -> TaskResult:
    """`run` with limits of one's own."""
    started = time.monotonic()
    _add_documents(archive, pst_file_id, claim)
    with archive.reading() as tx:
        total = int(tx.value(_OPEN_CONTENTS, id=pst_file_id))
    with _Work(archive, store, claim, limits) as work:
        contents = open_contents(archive, work.cache, pst_file_id)
        while batch := list(islice(contents, BATCH_CONTENTS)):
            work.settle(batch, progress, total)
    with archive.reading() as tx:
        row = tx.row(_COUNT, id=pst_file_id, none=f"{NO_EXTRACTOR}%") or {}
    counts = {name: int(count) for name, count in row.items()}
    metrics = {
        "elapsed_s": time.monotonic() - started,
        "contents": float(work.settled),
        "contents_cached": float(work.cached),
    }
    errors = counts["failed"] - counts["without_extractor"]
    return TaskResult("text", counts, item_errors=errors, metrics=metrics)


def _add_documents(archive: Archive, pst_file_id: str, claim: Claim) -> None:
    namespace = uuid.UUID(pst_file_id)
    missing = streamed(archive, _MISSING, id=pst_file_id)
    with archive.transaction() as tx:
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

    def __init__(self, archive: Archive, store: Store, claim: Claim, limits: Limits) -> None:
        self._archive, self._store, self._claim, self._limits = archive, store, claim, limits
        self._stack = ExitStack()
        at_once, pool = store.at_once, None
        if at_once > 1:
            pool = self._stack.enter_context(ThreadPoolExecutor(at_once))
        self.cache = TextCache(store, extractor_version(), pool)
        self._children: Children | None = None
        self._renewed_at = time.monotonic()
        self.settled = 0
        self.cached = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def settle(self, batch: Sequence[Content], progress: Progress, total: int) -> None:
        """Read a batch and write what came of it, under the claim."""
        known = self.cache.get_all([content.cache_key for content in batch])
        answered = list(zip(batch, known, strict=True))
        kept = [(content, answer) for content, answer in answered if answer is not None]
        self.cached += len(kept)
        for read in self._read([content for content, answer in answered if answer is None]):
            kept.append(read)
            progress("text", min(self.settled + len(kept), total), total)
        self.cache.finish()
        self.settled += len(kept)
        progress("text", min(self.settled, total), total)
        now = now_text()
        with self._archive.transaction() as tx:
            for content, answer in kept:
                tx.change_many(_SETTLE, _rows(content, answer, now))
            self._claim.check(tx)

    def _read(self, contents: Sequence[Content]) -> Iterator[tuple[Content, Answer]]:
        by_request: dict[Request, list[Content]] = defaultdict(list)
        for content in contents:
            by_request[content.request].append(content)
        if by_request and self._children is None:
            self._children = self._stack.enter_context(children(self._limits, self._store.local))
        for result in self._children.answers(by_request) if self._children else ():
            self._renew()
            if result is None:
                continue
            request, answer = result
            for content in by_request[request]:
                self.cache.put(content.cache_key, answer)
                yield content, answer

    def _renew(self) -> None:
        if time.monotonic() - self._renewed_at >= _RENEW_S:
            self._claim.renew(self._archive)
            self._renewed_at = time.monotonic()


def _rows(content: Content, answer: Answer, now: str) -> list[dict[str, object]]:
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
