"""The columns of a message and of an attachment, out of what is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from postroom import identity
from postroom.identity import Properties, Value
from postroom.legacy import moments
from postroom.legacy.decode import Decoder

FILETIMES = {
    0x0039: "sent_filetime",
    0x0E06: "received_filetime",
    0x3007: "created_filetime",
    0x3008: "modified_filetime",
}
_TEXTS = {
    0x001A: "message_class",
    0x0C1A: "sender_name",
    0x0C1E: "sender_address_type",
    0x0C1F: "sender_address",
    0x5D01: "sender_smtp",
    0x0042: "representing_name",
    0x0064: "representing_address_type",
    0x0065: "representing_address",
    0x5D02: "representing_smtp",
    0x0E04: "display_to",
    0x0E03: "display_cc",
    0x0E02: "display_bcc",
    0x0070: "conversation_topic",
    0x007D: "transport_headers",
}
_ATTACHMENT_TEXTS = {
    0x3707: "long_name",
    0x3704: "short_name",
    0x370E: "mime_type",
    0x3712: "content_id",
}
_FALSE = Value(0x000B, b"")
_REFERENCE_METHODS = frozenset((2, 3, 4, 7))
_RENDERED_INLINE = 0x4


def message_columns(properties: Properties, decoder: Decoder) -> dict[str, Any]:
    """What a message's own properties say, but for bodies, recipients, hashes and its place."""
    headers = identity.text(properties.get(0x007D))
    times = {name: moments.stored(properties.get(tag)) for tag, name in FILETIMES.items()}
    index = properties.get(0x0071)
    return {
        **{name: decoder.tag(tag) for tag, name in _TEXTS.items()},
        **times,
        **message_ids(properties),
        "subject": subject(properties, decoder),
        "from_address": identity.from_address(properties) or None,
        "sent_utc": moments.utc(times["sent_filetime"]),
        "received_utc": moments.utc(times["received_filetime"]),
        "header_date": identity.header_field(headers, "Date") or None,
        "conversation_index": index.data.hex() if index is not None and index.data else None,
        "importance": identity.integer32(properties.get(0x0017)),
        "message_flags": identity.integer32(properties.get(0x0E07)),
        "details": {
            "transport_headers_present": bool(headers),
            "transport_headers_sha256": identity.sha256(headers.encode()) if headers else None,
        },
    }


def message_ids(properties: Properties) -> dict[str, str | None]:
    """The ids of a message and of what it answers, each with where it was found."""
    found = {
        "message_id": identity.message_id(properties),
        "in_reply_to": identity.in_reply_to(properties),
        "email_references": identity.references(properties),
    }
    columns: dict[str, str | None] = {name: of.value for name, of in found.items()}
    columns |= {f"{name}_source": of.source for name, of in found.items()}
    return {**columns, "edrm_mih": edrm_mih(found["message_id"].value)}


def edrm_mih(message_id: str | None) -> str | None:
    """MD5 of the message id without its angle brackets, by which e-discovery tools deduplicate."""
    if message_id is None:
        return None
    bare = message_id.removeprefix("<").removesuffix(">")
    return hashlib.md5(bare.encode(), usedforsecurity=False).hexdigest()


def subject(properties: Properties, decoder: Decoder) -> str | None:
    """The subject for people, without its prefix mark."""
    found = decoder.tag(0x0037)
    mark = len(identity.text(properties.get(0x0037))) - len(
        identity.subject_without_mark(properties)
    )
    return None if found is None else found[mark:]


def recipients_json(rows: Sequence[Properties], decoder: Decoder) -> list[dict[str, Any]]:
    """The recipients in row-index order, all kinds."""
    return [
        {
            "index": index,
            "type": identity.integer32(row.get(0x0C15)),
            "name": decoder.text(row.get(0x3001)),
            "smtp": decoder.text(row.get(0x39FE)),
            "address_type": decoder.text(row.get(0x3002)),
            "address": decoder.text(row.get(0x3003)),
        }
        for index, row in enumerate(rows)
    ]


def attachment_columns(properties: Properties, decoder: Decoder, html: str) -> dict[str, Any]:
    """What an attachment's own properties say, but for its content and its place."""
    texts = {name: decoder.text(properties.get(tag)) for tag, name in _ATTACHMENT_TEXTS.items()}
    method = identity.attachment_method(properties)
    pointer = decoder.text(properties.get(0x370D)) or decoder.text(properties.get(0x3708))
    display = decoder.text(properties.get(0x3001))
    return {
        **texts,
        "method": identity.integer32(properties.get(0x3705)),
        "file_name": base_name(texts["long_name"] or texts["short_name"] or display),
        "is_inline": _is_inline(properties, texts["content_id"], decoder, html),
        "is_hidden": any(properties.get(0x7FFE, _FALSE).data),
        "rendering_position": _signed(identity.integer32(properties.get(0x370B))),
        "declared_size": identity.integer32(properties.get(0x0E20)),
        "created_filetime": moments.stored(properties.get(0x3007)),
        "modified_filetime": moments.stored(properties.get(0x3008)),
        "reference": pointer if method in _REFERENCE_METHODS else None,
    }


def base_name(name: str | None) -> str | None:
    """A file name for people: what follows the last slash or backslash."""
    return None if name is None else name.replace("\\", "/").rpartition("/")[2] or None


def _is_inline(properties: Properties, content_id: str | None, decoder: Decoder, html: str) -> bool:
    if (identity.integer32(properties.get(0x3714)) or 0) & _RENDERED_INLINE:
        return True
    location = decoder.text(properties.get(0x3713))
    bare = (content_id or "").removeprefix("<").removesuffix(">")
    return bool((bare and f"cid:{bare}" in html) or (location and location in html))


def _signed(number: int | None) -> int | None:
    return None if number is None else (number ^ (1 << 31)) - (1 << 31)
