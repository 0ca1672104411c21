"""A small archive with the ingest of one file by v1 and one by v2: what parity is tested on.

Forty mails in four folders: threads, attachments, copies, code pages, a mail that v1 could not
read, a folder it could not read, an orphan, mails embedded in mails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from postroom.archive import Archive
from postroom.archive.transaction import Transaction

BASELINE = "11111111-1111-5111-8111-111111111111"
CANDIDATE = "22222222-2222-5222-8222-222222222222"
FILE_SHA256 = hashlib.sha256(b"the file").hexdigest()
FOLDERS = {0x8022: "Inbox", 0x8042: "Inbox/Alpha", 0x8062: "Sent", 0x8082: "Broken"}
V1_LOST_INDEX = 7
"""In the first folder: the row that v1 could not read."""


def hex_of(text: str) -> str:
    """Return a hash that stands for `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Pair:
    """An archive that holds both ingests, and the store beside it."""

    archive: Archive
    store: Path

    @property
    def dsn(self) -> str:
        """Where the rows lie."""
        return self.archive.dsn_for_parity()


def fill(archive: Archive, store: Path) -> Pair:
    """Insert both ingests."""
    with archive.transaction() as tx:
        _ingest(tx, store, BASELINE, "v1", "pypff 20260926")
        _ingest(tx, store, CANDIDATE, "v2", "pst-extract 0.1.0")
    return Pair(archive, store)


def _ingest(tx: Transaction, store: Path, ingest: str, engine: str, version: str) -> None:
    seconds = {"v1": "40", "v2": "08"}[engine]
    _insert(
        tx,
        "pst_files",
        {
            "id": ingest,
            "project_id": "p",
            "file_name": "mail.pst",
            "s3_bucket": "local",
            "s3_key": f"project_p/pst/{ingest}/mail.pst",
            "size_bytes": 1_000_000,
            "sha256": FILE_SHA256,
            "engine": engine,
            "engine_version": version,
            "processing_status": "completed",
            "processing_started_at": "2026-11-20T10:00:00.000000Z",
            "processing_completed_at": f"2026-11-20T10:00:{seconds}.000000Z",
            "created_at": "2026-11-20T09:00:00Z",
        },
    )
    at = 0
    for folder, path in FOLDERS.items():
        for index in range(10):
            at += 1
            if engine == "v1" and (path == "Broken" or (path, index) == ("Inbox", V1_LOST_INDEX)):
                continue
            _mail(tx, store, (ingest, engine), at, (folder, index, path))
    if engine == "v1":
        _error(tx, ingest, 1, "message", {"folder_nid": 0x8022, "folder_index": V1_LOST_INDEX})
        _error(tx, ingest, 2, "folder", {"folder_nid": 0x8082})
    else:
        _email(tx, ingest, "200000", {"origin": "orphan", "pst_message_path": "(orphaned)"}, 90)
        _email(tx, ingest, "200020", _in_folder(0x8062, None, "Sent", "not_in_table"), 91)
        _error(tx, ingest, 1, "orphan", {"nid": 0x200000})
        _error(tx, ingest, 2, "not_in_table", {"nid": 0x200020, "folder_nid": 0x8062})


def _in_folder(
    folder: int, index: int | None, path: str, origin: str = "table"
) -> dict[str, object]:
    return {
        "origin": origin,
        "folder_nid": folder,
        "folder_index": index,
        "pst_message_path": path,
    }


def _mail(
    tx: Transaction, store: Path, ingest: tuple[str, str], at: int, place: tuple[int, int, str]
) -> None:
    ingest_id, engine = ingest
    node_path = f"{0x100004 + at * 0x20:x}"
    _email(tx, ingest_id, node_path, _in_folder(*place), at)
    for number in range(at % 3):
        _attachment(tx, store, ingest, node_path, number, f"file {at % 7} {number}")
    if at % 9 == 0:
        embedded = f"{node_path}/80a5"
        _attachment(tx, store, ingest, node_path, 4, None, embedded=f"{embedded}/9004")
        if engine == "v2":
            inner = {**_in_folder(*place), "origin": "embedded", "parent_path": node_path}
            _email(tx, ingest_id, f"{embedded}/9004", inner, at + 100)
            _attachment(tx, store, ingest, f"{embedded}/9004", 0, f"inner {at}")


def _email(
    tx: Transaction, ingest: str, node_path: str, place: Mapping[str, object], at: int
) -> None:
    own = uuid5(UUID(ingest), node_path)
    body = None if at % 13 == 0 else f"Dear all, line {at % 30}\n"
    content = hex_of(f"content {at % 30}")
    reply = at % 4 == 2  # noqa: PLR2004
    parent_path = f"{0x100004 + (at - 1) * 0x20:x}"
    top = {**place, "parent_path": place.get("parent_path")}
    _insert(
        tx,
        "email_messages",
        {
            "id": str(own),
            "pst_file_id": ingest,
            "pst_nid": int(node_path.partition("/")[0], 16),
            "node_path": node_path,
            "family_id": str(own),
            "family_position": 0,
            **top,
            "message_id": None if at % 11 == 0 else f"<m{at % 35}@example.org>",
            "in_reply_to": f"<m{at - 1}@example.org>" if reply else None,
            "email_references": f"<m{at - 1}@example.org>" if reply else None,
            "conversation_index": f"01{at:04x}" if at % 2 else None,
            "body_text": body,
            "body_html": f"<p>{at}</p>",
            "body_source": None if body is None else "html" if at % 5 == 0 else "plain",
            "code_page": {0: None, 1: 1252, 2: 932}[at % 3],
            "text_hash": None if body is None else hex_of(body),
            "content_hash": content,
            "record_hash": hex_of(f"record {at}"),
            "attachment_count": at % 3,
            "metadata": '{"transport_headers_present": %s}' % ("true" if at % 3 else "false"),
            "thread_id": str(uuid5(UUID(ingest), f"thread {at - reply}")) if at < 90 else None,  # noqa: PLR2004
        },
    )
    if reply and place.get("origin") == "table" and _holds(tx, ingest, parent_path):
        parent = str(uuid5(UUID(ingest), parent_path))
        link = {"id": str(uuid5(own, "link")), "pst_file_id": ingest, "email_id": str(own)}
        more = {"parent_email_id": parent, "method": "in_reply_to", "confidence": 1.0}
        _insert(tx, "email_thread_links", {**link, **more})


def _holds(tx: Transaction, ingest: str, node_path: str) -> bool:
    sql = "SELECT count(*) AS n FROM email_messages WHERE pst_file_id = :i AND node_path = :p"
    return bool(tx.value(sql, i=ingest, p=node_path))


def _attachment(  # one a column
    tx: Transaction,
    store: Path,
    ingest: tuple[str, str],
    mail: str,
    number: int,
    content: str | None,
    embedded: str | None = None,
) -> None:
    ingest_id, engine = ingest
    nid = 0x80A5 if embedded else 0x8025 + number * 0x20
    node_path = f"{mail}/{nid:x}"
    own = str(uuid5(UUID(ingest_id), node_path))
    digest = None if content is None else hex_of(content)
    key = None if digest is None else f"pst-{engine}/{ingest_id}/objects/{digest[:2]}/{digest}"
    if content is not None and key is not None:
        (store / key).parent.mkdir(parents=True, exist_ok=True)
        (store / key).write_text(content)
    email_id = str(uuid5(UUID(ingest_id), mail))
    _insert(
        tx,
        "email_attachments",
        {
            "id": own,
            "email_id": email_id,
            "pst_file_id": ingest_id,
            "pst_nid": int(mail.partition("/")[0], 16),
            "email_node_path": mail,
            "attachment_nid": nid,
            "node_path": node_path,
            "attachment_index": number,
            "method": 5 if embedded else 1,
            "size_bytes": None if content is None else len(content.encode()),
            "attachment_hash": digest,
            "s3_bucket": None if key is None else "local",
            "s3_key": key,
            "embedded_path": embedded,
        },
    )
    if content is not None:
        document = {"id": str(uuid5(UUID(own), "document")), "pst_file_id": ingest_id}
        more = {"attachment_id": own, "email_id": email_id, "status": "READY"}
        _insert(tx, "documents", {**document, **more, "text_excerpt": f"text of {content}"})


def _error(
    tx: Transaction, ingest: str, number: int, kind: str, where: Mapping[str, object]
) -> None:
    row = {"id": str(uuid5(UUID(ingest), f"error {number}")), "pst_file_id": ingest, "kind": kind}
    _insert(tx, "ingest_errors", {**row, **where, "reason": "unreadable"})


def _insert(tx: Transaction, table: str, row: Mapping[str, object]) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{column}" for column in row)
    tx.change(f"INSERT INTO {table} ({names}) VALUES ({values})", **row)
