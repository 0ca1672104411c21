"""Where a page of a list ends: an opaque text that only fits the query that it came from."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Final
from uuid import UUID

from postroom.api.errors import BadRequest

_DIGEST_BYTES: Final = 8
_ID_BYTES: Final = 16


def after(item_id: str, *query: object) -> str:
    """Name the place after the row `item_id` of the list that `query` gives.

    It holds the row's id and nothing that mail has brought: addresses end up in logs of others.
    """
    raw = UUID(item_id).bytes + _digest(query)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def place(cursor: str, *query: object) -> str:
    """Give the id of the row after which the list goes on; raises `BadRequest`."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _ID_BYTES + _DIGEST_BYTES or raw[_ID_BYTES:] != _digest(query):
        raise foreign()
    return str(UUID(bytes=raw[:_ID_BYTES]))


def bound(position: str, *query: object) -> str:
    """Bind a position that another list made to its query."""
    return f"{_digest(query).hex()}.{position}"


def released(cursor: str, *query: object) -> str:
    """Give the position that was bound to this query; raises `BadRequest`."""
    digest, _, position = cursor.partition(".")
    if digest != _digest(query).hex():
        raise foreign()
    return position


def foreign() -> BadRequest:
    """Make the error for a cursor of another query or another source."""
    return BadRequest(
        "this cursor is not of this query",
        where="after=",
        why="it came from another query, another source or nowhere",
        remedy="send the query again without after=, or with the next that it gave",
    )


def _digest(query: tuple[object, ...]) -> bytes:
    text = json.dumps([None if part is None else str(part) for part in query])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_DIGEST_BYTES]
