"""The contents of an ingest that have no text yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Row
from postroom.documents.cache import TextCache
from postroom.documents.children import Request
from postroom.row_stream import streamed

_SUFFIX_CHARACTERS: Final = 12
_TYPE_CHARACTERS: Final = 100

_OPEN: Final = """SELECT d.id, d.status, d.error_message, a.attachment_hash, a.file_name,
    a.mime_type, a.s3_key FROM documents d JOIN email_attachments a ON a.id = d.attachment_id
    WHERE d.pst_file_id = :id AND d.status <> 'READY' ORDER BY a.attachment_hash, a.node_path"""


@dataclass(slots=True)
class Content:
    """One content and the ids of the documents that hold it, each with why it failed before."""

    request: Request
    cache_key: str
    documents: list[tuple[str, str | None]] = field(default_factory=list)


def open_contents(archive: Archive, cache: TextCache, pst_file_id: str) -> Iterator[Content]:
    """Yield what has no text yet, by digest: each content once, with all its documents.

    A content under names or types that hint at different readers is yielded once for each.
    """
    rows = streamed(archive, _OPEN, id=pst_file_id)
    for _, copies in groupby(rows, key=itemgetter("attachment_hash")):
        found: dict[str, Content] = {}
        for row in copies:
            request = _request(row)
            key = cache.key(request.sha256, request.suffix, request.declared)
            known = row["error_message"] if row["status"] == "FAILED" else None
            found.setdefault(key, Content(request, key)).documents.append((row["id"], known))
        yield from found.values()


def _request(row: Row) -> Request:
    # Names and types are a sender's: as long as he likes, and hints at most.
    suffix = Path(row["file_name"] or "").suffix.lower()[1:][:_SUFFIX_CHARACTERS]
    declared = (row["mime_type"] or "").lower()[:_TYPE_CHARACTERS]
    return Request(row["s3_key"] or "no-object", row["attachment_hash"], suffix, declared)
