"""Rows of an archive for tests: an ingest, its mails and attachments, with few words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from uuid import UUID, uuid4, uuid5

from postroom.archive import Archive, Transaction
from postroom.claim import Claim, take

NOW = "2026-11-20T12:34:56.123456Z"


def begin_ingest(archive: Archive) -> Claim:
    """Make an ingest without mails and take its claim."""
    pst_file_id = str(uuid4())
    row = {"id": pst_file_id, "project_id": "p", "file_name": "a.pst", "s3_bucket": "local"}
    with archive.transaction() as tx:
        insert(tx, "pst_files", [row | {"s3_key": "k", "created_at": NOW}])
    return take(archive, pst_file_id, "v2")


def mail(pst_file_id: str, nid: int, **columns: object) -> dict[str, object]:
    """Make the row of a mail; `node_path` is its node id unless given."""
    path = str(columns.pop("node_path", f"{nid:x}"))
    family = str(uuid5(UUID(pst_file_id), path.split("/", maxsplit=1)[0]))
    return {
        "id": str(uuid5(UUID(pst_file_id), path)),
        "pst_file_id": pst_file_id,
        "pst_nid": nid,
        "node_path": path,
        "origin": "table",
        "family_id": family,
        "family_position": 0,
        "recipients": json.dumps(columns.pop("recipients", [])),
        **columns,
    }


def attachment(email: dict[str, object], nid: int, **columns: object) -> dict[str, object]:
    """Make the row of an attachment of `email`, by value unless told otherwise."""
    path = f"{email['node_path']}/{nid:x}"
    return {
        "id": str(uuid5(UUID(str(email["pst_file_id"])), path)),
        "email_id": email["id"],
        "pst_file_id": email["pst_file_id"],
        "pst_nid": email["pst_nid"],
        "email_node_path": email["node_path"],
        "attachment_nid": nid,
        "node_path": path,
        "attachment_index": 0,
        "method": 1,
        **columns,
    }


def insert(tx: Transaction, table: str, rows: Iterable[dict[str, object]]) -> None:
    """Insert rows that all have the columns of the first."""
    for row in rows:
        names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        tx.change(f"INSERT INTO {table} ({names}) VALUES ({places})", **row)  # noqa: S608
