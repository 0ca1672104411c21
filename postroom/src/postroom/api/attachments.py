"""The content of attachments, so that nothing in it can act on whoever fetches it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response, StreamingResponse

from postroom.api.context import About, Asked
from postroom.api.errors import NotFound
from postroom.api.words import ERRORS, NOT_FOUND
from postroom.archive.transaction import Row
from postroom.errors import NoSuchObject
from postroom.store import Store

router = APIRouter(tags=["items"], responses=ERRORS)

_PIECE_BYTES: Final = 1 << 18
_SNIFFED_BYTES: Final = 16

# Pictures that a browser may show inside a message, by how they begin. No SVG: it can run scripts.
_PICTURES: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
_SANDBOX: Final = "default-src 'none'; sandbox"
_BINARY: Final = "application/octet-stream"
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "the bytes",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (_BINARY, *(kind for _, kind in _PICTURES))
        },
    }
}

AttachmentId = Annotated[UUID, Path(description="The id of an attachment.")]


@router.get(
    "/attachments/{attachment_id}/content",
    response_class=Response,
    responses={**_CONTENT, **NOT_FOUND},
)
def show_content(attachment_id: AttachmentId, about: About) -> Response:
    """Give the bytes of an attachment: for saving, but for pictures that a message shows."""
    row = _read(about, str(attachment_id))
    size_bytes = _size(about.store, row["s3_key"], str(attachment_id))
    content = _pieces(about.store, row["s3_key"])
    first = next(content)
    picture = _picture(first) if row["is_inline"] else None
    disposition = "inline" if picture else "attachment"
    headers = {
        "Content-Disposition": disposition_of(disposition, row["file_name"] or "attachment"),
        "Content-Security-Policy": _SANDBOX,
        "Content-Length": str(size_bytes),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(
        _joined(first, content), media_type=picture or _BINARY, headers=headers
    )


def disposition_of(kind: str, name: str) -> str:
    """Spell the header Content-Disposition (RFC 6266), with the name as RFC 5987 has it."""
    spelled = "".join(c if c.isprintable() else "_" for c in name).replace("/", "_")
    spelled = spelled.replace("\\", "_").encode("utf-8", "replace").decode()
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    plain = re.sub(r'["%;\\]', "_", plain).strip() or "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(spelled, safe='')}"


def _read(about: Asked, attachment_id: str) -> Row:
    with about.archive.reading() as tx:
        row = tx.row(
            "SELECT file_name, is_inline, s3_key, method FROM email_attachments WHERE id = :id",
            id=attachment_id,
        )
    if row is None:
        raise _no_content(attachment_id, "this source has none of that id")
    if row["s3_key"] is None:
        raise _no_content(attachment_id, f"method {row['method']} stores no bytes of its own")
    return row


def _size(store: Store, key: str, attachment_id: str) -> int:
    try:
        return store.size(key)
    except NoSuchObject:
        why = "the object store does not hold it any more"
        raise _no_content(attachment_id, why) from None


def _picture(first: bytes) -> str | None:
    head = first[:_SNIFFED_BYTES]
    return next((kind for form, kind in _PICTURES if form.match(head)), None)


def _pieces(store: Store, key: str) -> Iterator[bytes]:
    """Give the bytes of an object; the first piece may be empty."""
    with store.open(key) as file:
        yield file.read(_PIECE_BYTES)
        yield from iter(lambda: file.read(_PIECE_BYTES), b"")


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _no_content(attachment_id: str, why: str) -> NotFound:
    return NotFound(
        "there is no such content",
        where=f"attachment {attachment_id}",
        why=why,
        remedy="GET /items/{id} lists the attachments of a message",
    )
