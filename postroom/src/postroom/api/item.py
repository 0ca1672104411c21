"""One message, with everything that belongs to it."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter

from postroom.api.context import About
from postroom.api.errors import NotFound
from postroom.api.html import content_id, is_shown, sanitised
from postroom.api.item_rows import COLUMNS, as_row, copies
from postroom.api.models import Item
from postroom.api.note_rows import notes_of
from postroom.api.words import ERRORS, NOT_FOUND, ItemId
from postroom.archive.transaction import Row, Transaction

router = APIRouter(tags=["items"], responses=ERRORS)

_THREAD_ENTRIES: Final = 500

_MORE: Final = """e.received_utc, e.message_id, e.transport_headers, e.body_text, e.body_html,
    e.message_class, e.importance, e.categories, e.content_hash, e.record_hash, e.family_hash,
    e.text_hash, e.edrm_mih, e.family_id"""
_HASHES: Final = ("content_hash", "record_hash", "family_hash", "text_hash", "edrm_mih")

_ATTACHMENTS: Final = """SELECT a.id, a.file_name, a.mime_type, a.size_bytes, a.attachment_hash,
    a.is_inline, a.method, a.content_id, d.status, d.error_message,
    (SELECT i.id FROM email_messages AS i WHERE i.pst_file_id = a.pst_file_id
        AND i.family_id = :family_id AND i.node_path = a.embedded_path) AS embedded_item_id
    FROM email_attachments AS a LEFT JOIN documents AS d ON d.attachment_id = a.id
    WHERE a.email_id = :id ORDER BY a.attachment_index, a.id"""

_THREAD: Final = """SELECT id, subject, from_address, sent_utc, parent_message_id AS parent_id
    FROM email_messages WHERE thread_id = :thread_id ORDER BY sent_utc NULLS FIRST, id
    LIMIT :most"""


@router.get("/items/{item_id}", responses=NOT_FOUND)
def show_item(item_id: ItemId, about: About) -> Item:
    """Show one message."""
    with about.archive.reading() as tx:
        return Item.model_validate(read_item(tx, str(item_id)))


def read_item(tx: Transaction, item_id: str) -> dict[str, Any]:
    """Read one message as JSON; raises `NotFound`."""
    row = tx.row(
        f"SELECT {COLUMNS}, {_MORE} FROM email_messages AS e WHERE e.id = :id",  # noqa: S608
        id=item_id,
    )
    if row is None:
        raise no_such_item(item_id)
    attached = tx.rows(_ATTACHMENTS, id=item_id, family_id=row["family_id"])
    return {
        **as_row(row),
        **copies(row),
        "received_utc": row["received_utc"],
        "message_id": row["message_id"],
        "headers": row["transport_headers"],
        "body_text": row["body_text"],
        "body_html": _body_html(row, attached),
        "message_class": row["message_class"],
        "importance": row["importance"],
        "categories": json.loads(row["categories"]),
        "attachments": [_attachment(one) for one in attached],
        "thread": _thread(tx, row),
        "notes": notes_of(tx, item_id),
        "meta": meta_of(tx, item_id),
        "hashes": {name: row[name] for name in _HASHES},
    }


def meta_of(tx: Transaction, item_id: str) -> dict[str, Any]:
    """Read what was noted of a message by name."""
    rows = tx.rows(
        "SELECT name, value FROM item_meta WHERE email_id = :id ORDER BY name", id=item_id
    )
    return {row["name"]: json.loads(row["value"]) for row in rows}


def check_item(tx: Transaction, item_id: str) -> None:
    """Raise `NotFound` unless the source has that message."""
    if tx.row("SELECT 1 AS x FROM email_messages WHERE id = :id", id=item_id) is None:
        raise no_such_item(item_id)


def no_such_item(item_id: str) -> NotFound:
    """Make the error for a message that this source does not have, whoever else may have it."""
    return NotFound(
        "there is no such message",
        where=f"item {item_id}",
        why="this source has none of that id",
        remedy="GET /items lists those that there are",
    )


def _body_html(row: Row, attached: list[Row]) -> str | None:
    html = row["body_html"]
    if html is None or not is_shown(html):
        return None
    pictures = {content_id(one["content_id"]): one["id"] for one in attached if one["content_id"]}
    return sanitised(html, pictures)


def _attachment(one: Row) -> dict[str, Any]:
    document = {"status": one["status"], "error_message": one["error_message"]}
    return {
        "id": one["id"],
        "file_name": one["file_name"],
        "mime_type": one["mime_type"],
        "size_bytes": one["size_bytes"],
        "attachment_hash": one["attachment_hash"],
        "is_inline": bool(one["is_inline"]),
        "method": one["method"],
        "embedded_item_id": one["embedded_item_id"],
        "document": document if one["status"] else None,
    }


def _thread(tx: Transaction, row: Row) -> list[dict[str, Any]]:
    if row["thread_id"] is None:
        return []
    found = tx.rows(_THREAD, thread_id=row["thread_id"], most=_THREAD_ENTRIES)
    return [dict(entry) for entry in found]
