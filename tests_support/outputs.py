"""Folders of outputs as docs/formats.md describes them, made without reading any PST."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

Record = dict[str, Any]

_WORDS = [f"{a}{b}" for a in ("re", "con", "in", "pro", "über", "sub") for b in ("form", "tract")]
_CLASS = "IPM.Note"
_FILETIME_2026 = 134_113_536_000_000_000


@dataclass
class Outputs:
    """One folder in the making: change its records, then `write` it."""

    ingest_id: str
    source_sha256: str = "0" * 64
    emails: list[Record] = field(default_factory=list)
    attachments: list[Record] = field(default_factory=list)
    errors: list[Record] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)

    def keep_object(self, content: bytes) -> str:
        """Add an object; return its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self.objects[digest] = content
        return digest

    def write(self, folder: Path, change: Callable[[Record], None] | None = None) -> Path:
        """Write the folder, its manifest last; `change` may edit the manifest before."""
        folder.mkdir(parents=True, exist_ok=True)
        for digest, content in self.objects.items():
            path = folder / "objects" / digest[:2] / digest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        outputs = {
            **_write_records(
                folder, "emails", self.emails or [email(self.ingest_id, 0)], self.emails
            ),
            **_write_records(
                folder,
                "attachments",
                self.attachments or [attachment(self.ingest_id, email(self.ingest_id, 0), 0)],
                self.attachments,
            ),
            "folders.csv": _plain(folder / "folders.csv", b"folder_nid,parent_nid\n", 0),
            "errors.ndjson": _plain(
                folder / "errors.ndjson", _ndjson(self.errors), len(self.errors)
            ),
        }
        manifest = self._manifest(outputs)
        if change is not None:
            change(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True))
        return folder

    def _manifest(self, outputs: Record) -> Record:
        findings = sum(e["kind"] in ("omitted", "not_in_table", "orphan") for e in self.errors)
        counts = {
            "emails": len(self.emails),
            "attachments": len(self.attachments),
            "objects": len(self.objects),
            "object_bytes": sum(map(len, self.objects.values())),
            "folders": 1,
            "errors": len(self.errors) - findings,
            "findings": findings,
            "associated": 0,
            "by_class": {},
            "by_origin": {},
        }
        source = {"size_bytes": 1, "sha256": self.source_sha256, "file_format": "unicode"}
        return {
            "format": 1,
            "program": "pst-extract 0.1.0",
            "ingest_id": self.ingest_id,
            "source": source,
            "counts": counts,
            "folders": {},
            "outputs": outputs,
        }


def plausible(
    ingest_id: str,
    mails: int,
    attachments_per_mail: int = 1,
    seed: int = 7,
    objects_shared_by: int = 1,
) -> Outputs:
    """Make outputs of `mails` messages with bodies, headers, HTML and shared attachments."""
    rng = random.Random(seed)
    made = Outputs(ingest_id)
    for n in range(mails):
        one = email(ingest_id, n, rng)
        one["attachment_count"] = attachments_per_mail
        made.emails.append(one)
        for index in range(attachments_per_mail):
            number = rng.randrange(mails) // objects_shared_by
            content = f"attachment {number}\n".encode() * 40
            digest = made.keep_object(content)
            made.attachments.append(attachment(ingest_id, one, index, digest, len(content)))
    return made


def email(ingest_id: str, n: int, rng: random.Random | None = None) -> Record:
    """Make the record of message `n`; the members are those of docs/formats.md in their order."""
    rng = rng or random.Random(n)
    nid = 0x200024 + 32 * n
    path = f"{nid:x}"
    own_id = str(uuid5(UUID(ingest_id), path))
    subject = " ".join(rng.choices(_WORDS, k=5))
    body = "\r\n".join(" ".join(rng.choices(_WORDS, k=12)) for _ in range(rng.randrange(1, 40)))
    message_id = f"<{n}.{rng.randrange(1 << 60):x}@example.org>"
    sent = _FILETIME_2026 + n * 600_000_000 + rng.randrange(10_000_000)
    sender = f"person{rng.randrange(40)}@example.org"
    headers = f'Message-ID: {message_id}\r\nFrom: "P, Q" <{sender}>\r\nSubject: {subject}\r\n' * 6
    record: Record = dict.fromkeys(EMAIL_MEMBERS)
    record |= {
        "id": own_id,
        "pst_file_id": ingest_id,
        "pst_nid": nid,
        "node_path": path,
        "origin": "table",
        "family_id": own_id,
        "family_position": 0,
        "folder_nid": 0x8022,
        "folder_index": n,
        "pst_message_path": "Inbox/a\\/b",
        "message_class": _CLASS,
        "subject": subject,
        "from_address": sender,
        "sender_name": "P, Q",
        "recipients": [{"index": 0, "type": 1, "name": "Ü", "smtp": sender}],
        "sent_filetime": sent,
        "sent_utc": _utc(sent),
        "received_filetime": sent,
        "received_utc": _utc(sent),
        "message_id": message_id,
        "message_id_source": "property",
        "conversation_index": f"{rng.randrange(1 << 176):044x}",
        "conversation_topic": "",
        "categories": [],
        "named_properties": {},
        "transport_headers": headers,
        "body_text": body,
        "body_source": "plain",
        "body_html": f'<p class="x">{body}</p>' if n % 3 == 0 else None,
        "decode_lossy": False,
        "text_hash": hashlib.sha256(body.encode()).hexdigest(),
        "content_hash": _hash("content", own_id),
        "record_hash": _hash("record", own_id),
        "family_hash": _hash("family", own_id),
        "edrm_mih": hashlib.md5(message_id.encode(), usedforsecurity=False).hexdigest(),
        "attachment_count": 0,
        "metadata": {"transport_headers_present": True, "transport_headers_sha256": None},
    }
    return record


def attachment(
    ingest_id: str, mail: Record, index: int, digest: str | None = None, size: int | None = None
) -> Record:
    """Make the record of one attachment of `mail`."""
    nid = 0x8025 + 32 * index
    path = f"{mail['node_path']}/{nid:x}"
    record: Record = dict.fromkeys(ATTACHMENT_MEMBERS)
    record |= {
        "id": str(uuid5(UUID(ingest_id), path)),
        "email_id": mail["id"],
        "pst_file_id": ingest_id,
        "pst_nid": mail["pst_nid"],
        "email_node_path": mail["node_path"],
        "attachment_nid": nid,
        "node_path": path,
        "attachment_index": index,
        "method": 1,
        "file_name": 'notes, "final".txt',
        "mime_type": "text/plain",
        "is_inline": False,
        "is_hidden": False,
        "size_bytes": size,
        "attachment_hash": digest,
        "object_key": f"objects/{digest[:2]}/{digest}" if digest else None,
    }
    return record


EMAIL_MEMBERS = [
    "id",
    "pst_file_id",
    "pst_nid",
    "node_path",
    "parent_path",
    "origin",
    "family_id",
    "family_position",
    "family_hash",
    "folder_nid",
    "folder_index",
    "pst_message_path",
    "message_class",
    "subject",
    "from_address",
    "sender_name",
    "sender_address_type",
    "sender_address",
    "sender_smtp",
    "representing_name",
    "representing_address_type",
    "representing_address",
    "representing_smtp",
    "recipients",
    "display_to",
    "display_cc",
    "display_bcc",
    "sent_filetime",
    "sent_utc",
    "received_filetime",
    "received_utc",
    "created_filetime",
    "modified_filetime",
    "header_date",
    "message_id",
    "message_id_source",
    "in_reply_to",
    "in_reply_to_source",
    "email_references",
    "email_references_source",
    "conversation_index",
    "conversation_topic",
    "importance",
    "message_flags",
    "categories",
    "named_properties",
    "transport_headers",
    "transport_headers_object",
    "body_text",
    "body_text_object",
    "body_source",
    "body_html",
    "body_html_object",
    "body_rtf",
    "body_rtf_object",
    "code_page",
    "decode_lossy",
    "text_hash",
    "content_hash",
    "record_hash",
    "edrm_mih",
    "attachment_count",
    "metadata",
]

ATTACHMENT_MEMBERS = [
    "id",
    "email_id",
    "pst_file_id",
    "pst_nid",
    "email_node_path",
    "attachment_nid",
    "node_path",
    "attachment_index",
    "method",
    "file_name",
    "long_name",
    "short_name",
    "mime_type",
    "content_id",
    "is_inline",
    "is_hidden",
    "rendering_position",
    "size_bytes",
    "declared_size",
    "attachment_hash",
    "md5",
    "sha1",
    "object_key",
    "created_filetime",
    "modified_filetime",
    "embedded_path",
    "reference",
]


def _hash(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}{text}".encode()).hexdigest()


def _utc(filetime: int) -> str:
    seconds, ticks = divmod(filetime, 10_000_000)
    minutes, second = divmod(seconds - _FILETIME_2026 // 10_000_000, 60)
    days, minute_of_day = divmod(minutes, 1440)
    month, day = divmod(days, 28)
    hour, minute = divmod(minute_of_day, 60)
    return f"2026-{month % 12 + 1:02}-{day + 1:02}T{hour:02}:{minute:02}:{second:02}.{ticks:07}Z"


def _write_records(
    folder: Path, name: str, shape: list[Record], records: list[Record]
) -> dict[str, Record]:
    members = list(shape[0])
    return {
        f"{name}.ndjson.gz": _zipped(folder / f"{name}.ndjson.gz", _ndjson(records), len(records)),
        f"{name}.csv.gz": _zipped(folder / f"{name}.csv.gz", _csv(members, records), len(records)),
    }


def _ndjson(records: list[Record]) -> bytes:
    lines = (json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in records)
    return "".join(line + "\n" for line in lines).encode()


def _csv(members: list[str], records: list[Record]) -> bytes:
    lines = [",".join(members)]
    lines += [",".join(_cell(record[name]) for name in members) for record in records]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = str(value)
    if text == "" or any(mark in text for mark in ',"\r\n\\'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _zipped(path: Path, content: bytes, records: int) -> Record:
    pieces = _pieces(content)
    path.write_bytes(b"".join(gzip.compress(piece, 1, mtime=0) for piece in pieces))
    return _described(path.read_bytes(), content, records)


def _pieces(content: bytes) -> Iterator[bytes]:
    """Cut like the extractor does: several gzip members a file."""
    yield content[: 1 << 16]
    for start in range(1 << 16, len(content), 1 << 20):
        yield content[start : start + (1 << 20)]


def _plain(path: Path, content: bytes, records: int) -> Record:
    path.write_bytes(content)
    return _described(content, content, records)


def _described(stored: bytes, content: bytes, records: int) -> Record:
    return {
        "sha256": hashlib.sha256(stored).hexdigest(),
        "size_bytes": len(stored),
        "uncompressed_sha256": hashlib.sha256(content).hexdigest(),
        "uncompressed_size_bytes": len(content),
        "records": records,
    }
