"""One message as the rows that v1 writes for it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from postroom import identity
from postroom.errors import DiskRefused
from postroom.identity import CONTENT_TAGS, EMBEDDED_MESSAGE, RECORD_TAGS, Attachment, Item
from postroom.legacy import moments
from postroom.legacy.bodies import bodies_of
from postroom.legacy.contents import stored_content
from postroom.legacy.decode import Decoder
from postroom.legacy.fields import (
    FILETIMES,
    attachment_columns,
    message_columns,
    recipients_json,
)
from postroom.legacy.models import EmailAttachment, EmailMessage
from postroom.legacy.names import categories
from postroom.legacy.stored import (
    CONTENT,
    UNREADABLE,
    Loss,
    Table,
    attachments_of,
    properties_of,
    recipients_of,
    why,
)
from postroom.legacy.walk import Found, Place
from postroom.store import Store

_ATTACHMENT_TAGS = frozenset((0x3701, 0x3705, 0x3707))
_BEYOND_REACH = "embedded message: out of the reach of pypff"


@dataclass(frozen=True, slots=True)
class Ingest:
    """What all rows of one ingest share."""

    id: uuid.UUID
    store: Store
    scratch: Path
    keywords_tag: int | None = None

    @property
    def prefix(self) -> str:
        """Where the outputs of this ingest lie in the store."""
        return f"pst-v1/{self.id}"


@dataclass(slots=True)
class Record:
    """The rows of one message and what was lost of it, with the node path of each loss."""

    message: EmailMessage
    attachments: list[EmailAttachment] = field(default_factory=list)
    losses: list[tuple[str, Loss]] = field(default_factory=list)


@dataclass(slots=True)
class _Attached:
    """The attachment table of one message while it is read."""

    items: list[Attachment] = field(default_factory=list)
    rows: list[EmailAttachment] = field(default_factory=list)
    losses: list[tuple[str, Loss]] = field(default_factory=list)
    nids: set[int] = field(default_factory=set)
    count: int = 0
    is_known: bool = True
    has_embedded: bool = False


def record_of(found: Found, ingest: Ingest) -> Record:
    """Read one message; raises what pypff raises where the message as a whole cannot be read."""
    message, place = found.message, found.place
    path = identity.node_path(message.identifier)
    table = properties_of(message)
    recipients = recipients_of(message, table.properties)
    decoder = Decoder(table.properties)
    bodies = bodies_of(message, table.properties, decoder)
    attached = _attached(message, path, ingest, decoder, bodies.html or "")
    item = Item(table.properties, recipients.rows, attached.items)
    hashes = _hashes(item, table, is_known=recipients.is_known, attached=attached)
    columns = {
        **_place_columns(place, path, ingest),
        **message_columns(table.properties, decoder),
        **hashes,
        "recipients": recipients_json(recipients.rows, decoder),
        "categories": categories(table.properties, ingest.keywords_tag, decoder),
        "named_properties": {},
        "body_text": bodies.text,
        "body_source": bodies.source,
        "body_html": bodies.html,
        "body_rtf": bodies.rtf,
        "code_page": bodies.code_page,
        "text_hash": bodies.text_hash,
        "decode_lossy": decoder.is_lossy,
        "attachment_count": attached.count,
    }
    losses = [*table.losses, *recipients.losses, *bodies.losses, *_times_lost(table)]
    all_losses = [(path, loss) for loss in losses] + attached.losses
    return Record(EmailMessage(**columns), attached.rows, all_losses)


def _place_columns(place: Place, path: str, ingest: Ingest) -> dict[str, Any]:
    message_id = str(identity.item_id(ingest.id, path))
    return {
        "id": message_id,
        "pst_file_id": str(ingest.id),
        "pst_nid": place.nid,
        "node_path": path,
        "parent_path": None,
        "origin": place.origin,
        "family_id": message_id,
        "family_position": 0,
        "folder_nid": place.folder_nid,
        "folder_index": place.folder_index,
        "pst_message_path": place.path,
    }


def _hashes(item: Item, table: Table, *, is_known: bool, attached: _Attached) -> dict[str, Any]:
    """The hashes of a message; NULL where something that a hash is made of could not be read."""
    lost = {loss.tag for loss in table.losses}
    has_content = is_known and not lost & {None, *CONTENT_TAGS}
    has_record = is_known and attached.is_known and not lost & {None, *RECORD_TAGS}
    record = identity.record_hash(item) if has_record else None
    return {
        "content_hash": identity.content_hash(item) if has_content else None,
        "record_hash": record,
        "family_hash": None if attached.has_embedded else identity.family_hash([record]),
    }


def _times_lost(table: Table) -> Sequence[Loss]:
    return [
        Loss("the FILETIME does not fit 63 bits", tag=tag, property=f"{tag:04x}0040")
        for tag in FILETIMES
        if moments.is_too_large(table.properties.get(tag))
    ]


def _attached(message: Any, path: str, ingest: Ingest, decoder: Decoder, html: str) -> _Attached:
    attached = _Attached()
    for index, attachment, loss in attachments_of(message):
        attached.count = index + 1
        if attachment is None or loss is not None:
            attached.is_known = False
            attached.losses.append((path, loss or Loss("no attachment", kind="attachment")))
        else:
            _add(attached, attachment, (path, index), ingest, (decoder, html))
    return attached


def _add(
    attached: _Attached,
    attachment: Any,
    place: tuple[str, int],
    ingest: Ingest,
    reading: tuple[Decoder, str],
) -> None:
    (path, index), nid = place, attachment.identifier
    if nid in attached.nids:
        attached.is_known = False
        attached.losses.append((path, Loss(f"node {nid:x} twice in the table", "attachment")))
        return
    attached.nids.add(nid)
    own_path = f"{path}/{identity.node_path(nid)}"
    table = properties_of(attachment, without=frozenset((CONTENT,)))
    attached.losses += [(own_path, loss) for loss in table.losses]
    if {loss.tag for loss in table.losses} & {None, *_ATTACHMENT_TAGS}:
        attached.is_known = False
    if identity.attachment_method(table.properties) == EMBEDDED_MESSAGE:
        attached.has_embedded = True
        attached.losses.append((own_path, Loss(_BEYOND_REACH, kind="attachment", nid=nid)))
    content = None
    try:
        where = (ingest.store, ingest.prefix, ingest.scratch)
        content = stored_content(attachment, table.properties, *where)
    except DiskRefused:
        raise
    except UNREADABLE as error:
        attached.is_known = False
        attached.losses.append((own_path, Loss(why(error), kind="attachment", nid=nid)))
    size, digest = (content.size_bytes, content.sha256) if content else (0, None)
    attached.items.append(Attachment(nid, table.properties, size, digest))
    columns = {
        **attachment_columns(table.properties, *reading),
        "id": str(identity.item_id(ingest.id, own_path)),
        "email_id": str(identity.item_id(ingest.id, path)),
        "pst_file_id": str(ingest.id),
        "pst_nid": int(path, 16),
        "email_node_path": path,
        "attachment_nid": nid,
        "node_path": own_path,
        "attachment_index": index,
        "size_bytes": content.size_bytes if content else None,
        "attachment_hash": digest,
        "s3_bucket": ingest.store.bucket if content else None,
        "s3_key": content.key if content else None,
    }
    attached.rows.append(EmailAttachment(**columns))
