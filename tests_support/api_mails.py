"""Messages for tests of the HTTP service, written straight into an archive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from postroom.archive import Archive
from postroom.store import Store
from tests_support.mails import NOW, attachment, begin_ingest, insert, mail

_NO_SUBJECT, _NO_DATE, _IN_A_THREAD = 5, 4, 3
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
HTML = (
    '<p onclick="x()">Dear <b>Bo</b></p><script>alert(1)</script><img src="cid:logo@x">'
    '<img src="http://track.example/p.gif"><a href="javascript:x()">a</a>'
    '<a href="https://ok.example/">ok</a>'
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written: the ingest, its messages in order, and attachments by what they are."""

    pst_file_id: str
    ids: tuple[str, ...]
    attachments: dict[str, str]


def fill(archive: Archive, store: Store, word: str = "alpha", count: int = 12) -> Filled:
    """Write `count` messages whose words all begin with `word`, the first with attachments."""
    claim = begin_ingest(archive)
    rows = [_row(claim.pst_file_id, n, word) for n in range(count)]
    inner = mail(
        claim.pst_file_id, 32, node_path="20/5/21", subject=f"{word} inner", origin="embedded"
    )
    first = rows[0]
    key = f"pst-v2/{claim.pst_file_id}/objects/{uuid4().hex}"
    store.put_bytes(key, PNG)
    gone = f"pst-v2/{claim.pst_file_id}/objects/{uuid4().hex}"
    kinds: dict[str, dict[str, Any]] = {
        "picture": {"file_name": f"{word} Ünï.png", "content_id": "logo@x", "is_inline": True},
        "plain": {"file_name": f'{word} "x";\r\n.html'},
        "embedded": {"method": 5, "embedded_path": "20/5/21", "file_name": None},
        "gone": {"file_name": "gone.bin"},
    }
    attached = {
        kind: attachment(first, 5 + n, attachment_index=n, **columns)
        for n, (kind, columns) in enumerate(kinds.items())
    }
    for kind, row in attached.items():
        row |= {"s3_key": None if kind == "embedded" else gone if kind == "gone" else key}
        row |= {"s3_bucket": "local", "size_bytes": len(PNG)}
    with archive.transaction() as tx:
        for row in (*rows, inner):
            insert(tx, "email_messages", [row])
        for row in attached.values():
            insert(tx, "email_attachments", [row])
        insert(tx, "documents", [_document(attached["plain"])])
        insert(tx, "email_dedupe_decisions", [_decision(rows[1], rows[2])])
        insert(tx, "item_meta", [_meta(rows[3], "tags", [f"{word}-hot", "both"])])
        insert(tx, "item_notes", [_note(rows[4], f"{word} note", pinned=True)])
    claim.release(archive)
    ids = tuple(str(row["id"]) for row in (*rows, inner))
    return Filled(claim.pst_file_id, ids, {kind: str(row["id"]) for kind, row in attached.items()})


def _row(pst_file_id: str, n: int, word: str) -> dict[str, object]:
    people = [
        {"type": 1, "name": f"{word} To", "smtp": f"{word}.to{n}@x.example"},
        {"type": 0x10000002, "name": None, "smtp": None, "address": f"/o={word}"},
    ]
    return mail(
        pst_file_id,
        32 + n,
        subject=None if n == _NO_SUBJECT else f"{word} {'Zeta' if n % 2 else 'eta'} {n % 4}",
        from_address=f"{word}{n % 3}@x.example",
        sender_name=f"{word} Sender",
        recipients=people,
        sent_utc=None if n % 5 == _NO_DATE else f"2026-01-{1 + n % 7:02}T10:00:00.1234567Z",
        pst_message_path=f"{word}/in" if n % 2 else None,
        body_text=f"{word} body {n}",
        body_html=HTML if n == 0 else None,
        transport_headers=f"X-{word}: 1",
        content_hash=f"{n:064x}",
        attachment_count=4 if n == 0 else 0,
        thread_id=_thread(pst_file_id) if n < _IN_A_THREAD else None,
        categories=json.dumps([f"{word} category"]),
    )


def _thread(pst_file_id: str) -> str:
    return pst_file_id  # any UUID will do


def _document(row: dict[str, object]) -> dict[str, object]:
    kept = {name: row[name] for name in ("pst_file_id", "email_id")}
    kept |= {"id": str(uuid4()), "attachment_id": row["id"], "status": "READY"}
    return kept | {"text_excerpt": "alpha excerpt", "updated_at": NOW}


def _decision(row: dict[str, object], kept: dict[str, object]) -> dict[str, object]:
    made = {"id": str(uuid4()), "pst_file_id": row["pst_file_id"], "email_id": row["id"]}
    return made | {"kept_email_id": kept["id"], "tier": "content", "key_hash": "0" * 64}


def _meta(row: dict[str, object], name: str, value: object) -> dict[str, object]:
    made = {"id": str(uuid4()), "email_id": row["id"], "name": name}
    return made | {"value": json.dumps(value), "updated_at": NOW}


def _note(row: dict[str, object], body: str, *, pinned: bool) -> dict[str, object]:
    made = {"id": str(uuid4()), "email_id": row["id"], "author": "ann", "body": body}
    return made | {"pinned": pinned, "created_at": NOW, "updated_at": NOW}
