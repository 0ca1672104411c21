"""The rows that v1 writes, as SQLAlchemy maps them. docs/formats.md says what the columns mean.

Ids are text here: PostgreSQL keeps them as uuid, SQLite as text.
"""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_UUID = String().with_variant(postgresql.UUID(as_uuid=False), "postgresql")
_MOMENT = String().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")

Key = Annotated[str, mapped_column(_UUID, primary_key=True)]
Reference = Annotated[str, mapped_column(_UUID)]
Long = Annotated[int, mapped_column(BigInteger)]
LongOrNone = Annotated[int | None, mapped_column(BigInteger)]
Moment = Annotated[str | None, mapped_column(_MOMENT)]
Json = Annotated[Any, mapped_column(JSON)]


class Base(DeclarativeBase):
    """The tables of one source."""


class EmailMessage(Base):
    """One message."""

    __tablename__ = "email_messages"

    id: Mapped[Key]
    pst_file_id: Mapped[Reference]
    pst_nid: Mapped[Long]
    node_path: Mapped[str]
    parent_path: Mapped[str | None]
    origin: Mapped[str]
    family_id: Mapped[Reference]
    family_position: Mapped[int]
    family_hash: Mapped[str | None]
    folder_nid: Mapped[LongOrNone]
    folder_index: Mapped[int | None]
    pst_message_path: Mapped[str | None]
    message_class: Mapped[str | None]
    subject: Mapped[str | None]
    from_address: Mapped[str | None]
    sender_name: Mapped[str | None]
    sender_address_type: Mapped[str | None]
    sender_address: Mapped[str | None]
    sender_smtp: Mapped[str | None]
    representing_name: Mapped[str | None]
    representing_address_type: Mapped[str | None]
    representing_address: Mapped[str | None]
    representing_smtp: Mapped[str | None]
    recipients: Mapped[Json]
    display_to: Mapped[str | None]
    display_cc: Mapped[str | None]
    display_bcc: Mapped[str | None]
    sent_filetime: Mapped[LongOrNone]
    sent_utc: Mapped[Moment]
    received_filetime: Mapped[LongOrNone]
    received_utc: Mapped[Moment]
    created_filetime: Mapped[LongOrNone]
    modified_filetime: Mapped[LongOrNone]
    header_date: Mapped[str | None]
    message_id: Mapped[str | None]
    message_id_source: Mapped[str | None]
    in_reply_to: Mapped[str | None]
    in_reply_to_source: Mapped[str | None]
    email_references: Mapped[str | None]
    email_references_source: Mapped[str | None]
    conversation_index: Mapped[str | None]
    conversation_topic: Mapped[str | None]
    importance: Mapped[int | None]
    message_flags: Mapped[LongOrNone]
    categories: Mapped[Json]
    named_properties: Mapped[Json]
    transport_headers: Mapped[str | None]
    body_text: Mapped[str | None]
    body_source: Mapped[str | None]
    body_html: Mapped[str | None]
    body_rtf: Mapped[str | None]
    code_page: Mapped[int | None]
    decode_lossy: Mapped[bool]
    text_hash: Mapped[str | None]
    content_hash: Mapped[str | None]
    record_hash: Mapped[str | None]
    edrm_mih: Mapped[str | None]
    attachment_count: Mapped[int]
    # `metadata` is a name of SQLAlchemy's own.
    details: Mapped[Any] = mapped_column("metadata", JSON)


class EmailAttachment(Base):
    """One row of a message's attachment table."""

    __tablename__ = "email_attachments"

    id: Mapped[Key]
    email_id: Mapped[Reference]
    pst_file_id: Mapped[Reference]
    pst_nid: Mapped[Long]
    email_node_path: Mapped[str]
    attachment_nid: Mapped[Long]
    node_path: Mapped[str]
    attachment_index: Mapped[int]
    method: Mapped[int | None]
    file_name: Mapped[str | None]
    long_name: Mapped[str | None]
    short_name: Mapped[str | None]
    mime_type: Mapped[str | None]
    content_id: Mapped[str | None]
    is_inline: Mapped[bool]
    is_hidden: Mapped[bool]
    rendering_position: Mapped[LongOrNone]
    size_bytes: Mapped[LongOrNone]
    declared_size: Mapped[LongOrNone]
    attachment_hash: Mapped[str | None]
    s3_bucket: Mapped[str | None]
    s3_key: Mapped[str | None]
    created_filetime: Mapped[LongOrNone]
    modified_filetime: Mapped[LongOrNone]
    reference: Mapped[str | None]


class IngestError(Base):
    """Something that v1 could not read."""

    __tablename__ = "ingest_errors"

    id: Mapped[Key]
    pst_file_id: Mapped[Reference]
    kind: Mapped[str]
    node_path: Mapped[str | None]
    folder_nid: Mapped[LongOrNone]
    folder_index: Mapped[int | None]
    nid: Mapped[LongOrNone]
    property: Mapped[str | None]
    reason: Mapped[str]
