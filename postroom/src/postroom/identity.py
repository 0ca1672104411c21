"""What a message is, told by its stored bytes: the definition that both engines are held to.

Every function is pure. Nothing here decodes by a code page, so no decoder can make two readers
agree or differ by accident. The extractor implements the same rules in Rust;
`tests/vectors/identity.json` holds both to them. Measured on real files in
docs/adr/0010-identity-measured.md.
"""

from __future__ import annotations

import hashlib
import re
import struct
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import rfc8785

PT_INTEGER32 = 0x0003
PT_UNICODE = 0x001F
PT_SYSTIME = 0x0040
PT_BINARY = 0x0102

BY_VALUE = 1
EMBEDDED_MESSAGE = 5
OLE = 6
METHODS_WITH_CONTENT = frozenset({BY_VALUE, OLE})

_WIDTHS = {PT_INTEGER32: 4, PT_SYSTIME: 8}
_PREFIX_MARK = re.compile(r"\A\x01.", re.DOTALL)
_BLANKS = "\t\n\v\f\r "
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")

RECORD_TAGS = (
    *(0x001A, 0x0037, 0x0039, 0x0042, 0x0064, 0x0065, 0x0070, 0x0071),
    *(0x007D, 0x0C1A, 0x0C1E, 0x0C1F, 0x0E06, 0x1000, 0x1009, 0x1013),
    *(0x1035, 0x1039, 0x1042, 0x3007, 0x3008, 0x5D01, 0x5D02),
)
"""The properties of a message that its record hash is made of, ascending."""

CONTENT_TAGS = frozenset(
    set(RECORD_TAGS) - {0x001A, 0x0070, 0x0071, 0x007D, 0x1035, 0x1039, 0x1042, 0x3007, 0x3008}
)
"""The properties of a message that its content hash is made of."""

RECORD_RECIPIENT_TAGS = (0x3001, 0x3002, 0x3003, 0x39FE)
"""The properties of a recipient that the record hash writes after its kind."""


class Value(NamedTuple):
    """A property as stored: its type and its bytes, also where these lie in a node of their own."""

    type: int
    data: bytes


Properties = Mapping[int, Value]
"""Tag to value; where a tag is stored twice, the first entry."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One row of an attachment table: its node, its property context, and its content by method."""

    nid: int
    properties: Properties
    size_bytes: int = 0
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A message as stored; recipients and attachments are in row-index order."""

    properties: Properties
    recipients: Sequence[Properties] = ()
    attachments: Sequence[Attachment] = field(default=())


# --- text ---------------------------------------------------------------------


def text(value: Value | None) -> str:
    """The text of a stored string: UTF-16LE, or byte 0xNN as U+00NN; "" for other types.

    An odd last byte of UTF-16 is dropped and each unpaired surrogate is U+FFFD. Trailing U+0000 are
    removed, others become U+FFFD, so the result is valid for PostgreSQL and for JSON.
    """
    if value is None:
        return ""
    match value.type:
        case 0x001F:  # PT_UNICODE
            even = len(value.data) & ~1
            found = value.data[:even].decode("utf-16-le", "replace")
        case 0x001E | 0x0102:  # PT_STRING8, PT_BINARY
            found = value.data.decode("latin-1")
        case _:
            return ""
    return found.rstrip("\0").replace("\0", "\ufffd")


def trim(string: str) -> str:
    """The string without U+0009 to U+000D and U+0020 at either end: no other blank counts."""
    return string.strip(_BLANKS)


def lower(string: str) -> str:
    """The string with A to Z in lower case: no other letter has a case here."""
    return string.translate(_LOWER)


def normal_body(body: str) -> str:
    """The body with LF line ends and without blanks before them or at its end."""
    unix = body.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[ \t]+\n", "\n", unix).rstrip("\n \t")


def integer32(value: Value | None) -> int | None:
    """The unsigned number of a property of type 0003, or None."""
    return _unsigned(value, PT_INTEGER32)


def filetime(value: Value | None) -> int | None:
    """The unsigned 64 bits of a property of type 0040, or None."""
    return _unsigned(value, PT_SYSTIME)


def _unsigned(value: Value | None, type_: int) -> int | None:
    if value is None or value.type != type_ or len(value.data) != _WIDTHS[type_]:
        return None
    return int.from_bytes(value.data, "little")


# --- what the content hash is made of -----------------------------------------


def subject_without_mark(properties: Properties) -> str:
    """The subject without the two characters that mark its prefix."""
    subject = text(properties.get(0x0037))
    return _PREFIX_MARK.sub("", subject)


def _smtp_only(properties: Properties, address_tag: int, type_tag: int) -> str:
    address = text(properties.get(address_tag))
    is_smtp = lower(trim(text(properties.get(type_tag)))) == "smtp"
    return address if is_smtp or "@" in address else ""


def from_address(properties: Properties) -> str:
    """Who a message is from: the represented before the sender, SMTP before any other form."""
    candidates = (
        text(properties.get(0x5D02)),
        _smtp_only(properties, 0x0065, 0x0064),
        text(properties.get(0x5D01)),
        _smtp_only(properties, 0x0C1F, 0x0C1E),
        *(text(properties.get(tag)) for tag in (0x0065, 0x0C1F, 0x0042, 0x0C1A)),
    )
    return lower(trim(next(filter(None, candidates), "")))


def recipient_kind(recipient: Properties) -> int:
    """0C15 as stored, flags and all; 0 where it is absent."""
    return integer32(recipient.get(0x0C15)) or 0


def to_addresses(recipients: Iterable[Properties]) -> list[str]:
    """The addresses of the To recipients, sorted by their UTF-8 bytes, duplicates kept."""
    found = []
    for recipient in recipients:
        if recipient_kind(recipient) & 0xF == 1:
            forms = (text(recipient.get(tag)) for tag in (0x39FE, 0x3003, 0x3001))
            found.append(lower(trim(next(filter(None, forms), ""))))
    return sorted(found)  # by code point, which is the order of the UTF-8 bytes


def date(properties: Properties) -> str:
    """The FILETIME of sending, else of delivery, as an unsigned decimal; "" without either."""
    times = (filetime(properties.get(tag)) for tag in (0x0039, 0x0E06))
    return next((str(time) for time in times if time is not None), "")


def body(properties: Properties) -> str:
    """The plain text, else the HTML, both normalised, else `lzfu:` and the digest of the RTF."""
    for tag in (0x1000, 0x1013):
        found = normal_body(text(properties.get(tag)))
        if found:
            return found
    rtf = properties.get(0x1009)
    return f"lzfu:{sha256(rtf.data)}" if rtf is not None and rtf.data else ""


def content_members(item: Item) -> dict[str, Any]:
    """What the content hash is made of, before it is written as canonical JSON."""
    return {
        "body": body(item.properties),
        "date": date(item.properties),
        "from": from_address(item.properties),
        "subject": lower(trim(subject_without_mark(item.properties))),
        "to": to_addresses(item.recipients),
        "v": 1,
    }


# --- hashes -------------------------------------------------------------------


def sha256(data: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def content_hash(item: Item) -> str:
    """SHA-256 of the canonical JSON (RFC 8785) of what a reader would call the same mail."""
    return sha256(rfc8785.dumps(content_members(item)))


def _written(tag: int, value: Value | None) -> bytes:
    if value is None or not value.data:
        return struct.pack("<IHQ", tag, 0, 0)
    return struct.pack("<IHQ", tag, value.type, len(value.data)) + value.data


def record_bytes(item: Item) -> bytes:
    """What the record hash is made of: stored bytes with their types, recipients, attachments."""
    parts = [
        _written(tag, value)
        for tag in RECORD_TAGS
        if (value := item.properties.get(tag)) is not None and value.data
    ]
    parts.append(struct.pack("<I", len(item.recipients)))
    for recipient in item.recipients:
        parts.append(struct.pack("<I", recipient_kind(recipient)))
        parts += [_written(tag, recipient.get(tag)) for tag in RECORD_RECIPIENT_TAGS]
    parts.append(struct.pack("<I", len(item.attachments)))
    for attachment in item.attachments:
        size = attachment.size_bytes if attachment.hash is not None else 0
        method = attachment_method(attachment.properties)
        parts.append(struct.pack("<IIQ", attachment.nid, method, size))
        parts.append(bytes.fromhex(attachment.hash or "00" * 32))
        parts.append(_written(0x3707, attachment.properties.get(0x3707)))
    return b"".join(parts)


def record_hash(item: Item) -> str:
    """SHA-256 of the record: strict, it changes with any stored byte of what it is made of."""
    return sha256(record_bytes(item))


def family_hash(record_hashes: Iterable[str | None]) -> str | None:
    """SHA-256 over the record hashes of a family in position order; None if one of them is None."""
    digest = hashlib.sha256()
    for record in record_hashes:
        if record is None:
            return None
        digest.update(bytes.fromhex(record))
    return digest.hexdigest()


def attachment_method(properties: Properties) -> int:
    """3705; where that is absent, by value if there are bytes in 3701, else none (0)."""
    method = integer32(properties.get(0x3705))
    if method is not None:
        return method
    content = properties.get(0x3701)
    return BY_VALUE if content is not None and content.type == PT_BINARY else 0


def attachment_hash(method: int, content: bytes) -> str | None:
    """SHA-256 of content by value or OLE, also where it is empty; None for other methods."""
    return sha256(content) if method in METHODS_WITH_CONTENT else None


# --- message ids --------------------------------------------------------------


class MessageId(NamedTuple):
    """An id and where it was found: `property` or `header`; both None where there is none."""

    value: str | None
    source: str | None


def header_field(headers: str, name: str) -> str:
    """The first field of that name, unfolded and trimmed; "" where there is none.

    Lines end by CRLF, CR or LF; a line that begins with a blank or a tab continues the one before;
    the header ends at the first empty line after a field.
    """
    unix = headers.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    fields = re.sub(r"\n([ \t])", r"\1", unix.partition("\n\n")[0]).split("\n")
    for line in fields:
        found, colon, rest = line.partition(":")
        if colon and lower(trim(found)) == lower(name):
            return trim(rest)
    return ""


def _id(properties: Properties, tag: int, header: str) -> MessageId:
    if stored := trim(text(properties.get(tag))):
        return MessageId(stored, "property")
    if found := header_field(text(properties.get(0x007D)), header):
        return MessageId(found, "header")
    return MessageId(None, None)


def message_id(properties: Properties) -> MessageId:
    """1035, else the field Message-ID."""
    return _id(properties, 0x1035, "Message-ID")


def in_reply_to(properties: Properties) -> MessageId:
    """1042, else the field In-Reply-To."""
    return _id(properties, 0x1042, "In-Reply-To")


def references(properties: Properties) -> MessageId:
    """1039, else the field References."""
    return _id(properties, 0x1039, "References")


# --- places -------------------------------------------------------------------


def node_path(*nids: int) -> str:
    """Node ids in lower hex joined by "/": message, attachment, inner message, and so on."""
    return "/".join(f"{nid:x}" for nid in nids)


def item_id(ingest_id: uuid.UUID, path: str) -> uuid.UUID:
    """The id of the item with that node path in that ingest: UUIDv5, the same on every run."""
    return uuid.uuid5(ingest_id, path)


def folder_name(nid: int, properties: Properties) -> str:
    """The name of a folder as one part of a path: 3001, escaped; `(nid)` where it has none."""
    name = text(properties.get(0x3001))
    return name.replace("\\", "\\\\").replace("/", "\\/") if name else f"({nid:x})"


def message_path(names: Iterable[str]) -> str:
    """The names of the folders below the root folder, each by `folder_name`, joined by "/"."""
    return "/".join(names)
