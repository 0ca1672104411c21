"""The rows of lists of messages, in SQL that both engines understand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from postroom.archive.transaction import Backend, Row, Transaction

TAGS: Final = "tags"
"""The name of the meta value that holds the tags."""

_TO, _CC, _BCC = 1, 2, 3
_KIND_OF_RECIPIENT: Final = 0xF

COLUMNS: Final = f"""e.id, e.pst_file_id, e.subject, e.from_address, e.sender_name, e.recipients,
    e.sent_utc, COALESCE(e.pst_message_path, '') AS folder, e.attachment_count, e.thread_id,
    e.origin,
    (SELECT count(*) FROM item_notes AS n WHERE n.email_id = e.id AND n.pinned) AS pinned_notes,
    (SELECT m.value FROM item_meta AS m WHERE m.email_id = e.id AND m.name = '{TAGS}') AS tags,
    EXISTS (SELECT 1 FROM email_dedupe_decisions AS d
        WHERE d.email_id = e.id AND d.kept_email_id <> e.id) AS is_duplicate"""  # noqa: S608  # our own


def as_row(row: Row) -> dict[str, Any]:
    """Give a row that was read by `COLUMNS` as the JSON of a list."""
    return {
        "id": row["id"],
        "pst_file_id": row["pst_file_id"],
        "subject": row["subject"],
        "from_address": row["from_address"],
        "sender_name": row["sender_name"],
        "to": recipients(row, _TO),
        "sent_utc": row["sent_utc"],
        "folder": row["folder"],
        "attachment_count": row["attachment_count"],
        "thread_id": row["thread_id"],
        "is_embedded": row["origin"] == "embedded",
        "tags": json.loads(row["tags"]) if row["tags"] else [],
        "pinned_notes": row["pinned_notes"],
        "is_duplicate": bool(row["is_duplicate"]),
    }


def copies(row: Row) -> dict[str, list[str]]:
    """Give the other recipients of a message."""
    return {"cc": recipients(row, _CC), "bcc": recipients(row, _BCC)}


def recipients(row: Row, kind: int) -> list[str]:
    """Name the recipients of one kind, in their order: `Name <address>`, or what there is."""
    listed = json.loads(row["recipients"])
    named = (_named(one) for one in listed if (one.get("type") or 0) & _KIND_OF_RECIPIENT == kind)
    return [name for name in named if name]


def rows_of(tx: Transaction, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read the messages of these ids; one that is not there is left out."""
    query = f"SELECT {COLUMNS} FROM email_messages AS e WHERE e.id = :id"  # noqa: S608
    found = (tx.row(query, id=item_id) for item_id in ids)
    return {row["id"]: as_row(row) for row in found if row is not None}


def tags_within(backend: Backend, meta: str) -> str:
    """Give what lists the tags of the row `meta` of `item_meta` as `t.value`."""
    if backend == "sqlite":
        return f"json_each({meta}.value) AS t"
    return f"json_array_elements_text({meta}.value) AS t(value)"


def _named(one: dict[str, Any]) -> str:
    address = one.get("smtp") or one.get("address") or ""
    name = one.get("name") or ""
    return f"{name} <{address}>" if name and address and name != address else name or address
