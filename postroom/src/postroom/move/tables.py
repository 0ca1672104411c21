"""The tables that move with a source, and what their columns hold.

Not carried: the search index, which is made of these tables, and what belongs to a store itself
(`schema_migrations`, `move_*`). Keys are made by the application: there are no sequences to carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["uuid", "text", "boolean", "integer", "bigint", "real", "moment", "json"]
"""What PostgreSQL holds; in SQLite a uuid, a json and a moment are texts, a boolean is 0 or 1."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a carried table."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """One carried table; `key` is its primary key, of one column."""

    name: str
    key: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, the key first."""
        return tuple(column.name for column in self.columns)

    @property
    def key_kind(self) -> Kind:
        """What the key holds."""
        return self.columns[0].kind


def _table(name: str, columns: dict[Kind, str]) -> Table:
    every = tuple(Column(each, kind) for kind, names in columns.items() for each in names.split())
    return Table(name, every[0].name, every)


CARRIED: Final = (
    _table(
        "pst_files",
        {
            "uuid": "id",
            "text": (
                "project_id case_id file_name s3_bucket s3_key sha256 engine engine_version "
                "processing_status error_message claim_owner"
            ),
            "bigint": "size_bytes total_emails total_attachments claim_epoch",
            "moment": "processing_started_at processing_completed_at claim_lease_until created_at",
            "integer": "claim_attempt",
            "json": "progress",
        },
    ),
    _table(
        "email_messages",
        {
            "uuid": "id pst_file_id family_id thread_id parent_message_id",
            "bigint": (
                "pst_nid folder_nid sent_filetime received_filetime created_filetime "
                "modified_filetime message_flags"
            ),
            "text": (
                "node_path parent_path origin family_hash pst_message_path message_class "
                "subject from_address sender_name sender_address_type sender_address "
                "sender_smtp representing_name representing_address_type representing_address "
                "representing_smtp display_to display_cc display_bcc header_date message_id "
                "message_id_source in_reply_to in_reply_to_source email_references "
                "email_references_source conversation_index conversation_topic "
                "transport_headers body_text body_source body_html body_rtf text_hash "
                "content_hash record_hash edrm_mih"
            ),
            "integer": "family_position folder_index importance code_page attachment_count",
            "json": "recipients categories named_properties metadata",
            "moment": "sent_utc received_utc",
            "boolean": "decode_lossy",
        },
    ),
    _table(
        "email_attachments",
        {
            "uuid": "id email_id pst_file_id",
            "bigint": (
                "pst_nid attachment_nid rendering_position size_bytes declared_size "
                "created_filetime modified_filetime"
            ),
            "text": (
                "email_node_path node_path file_name long_name short_name mime_type content_id "
                "attachment_hash md5 sha1 s3_bucket s3_key embedded_path reference"
            ),
            "integer": "attachment_index method",
            "boolean": "is_inline is_hidden",
        },
    ),
    _table(
        "documents",
        {
            "uuid": "id pst_file_id attachment_id email_id",
            "text": "status mime_type text_excerpt error_message",
            "moment": "updated_at",
        },
    ),
    _table(
        "ingest_errors",
        {
            "uuid": "id pst_file_id",
            "text": "kind node_path bid property reason",
            "bigint": "folder_nid nid file_offset",
            "integer": "folder_index",
        },
    ),
    _table(
        "email_thread_links",
        {
            "uuid": "id pst_file_id email_id parent_email_id",
            "text": "method",
            "real": "confidence",
        },
    ),
    _table(
        "email_dedupe_decisions",
        {
            "uuid": "id pst_file_id email_id kept_email_id",
            "text": "tier key_hash",
        },
    ),
    _table(
        "item_notes",
        {
            "uuid": "id email_id",
            "text": "author body",
            "boolean": "pinned",
            "moment": "created_at updated_at",
        },
    ),
    _table(
        "item_meta",
        {
            "uuid": "id email_id",
            "text": "name",
            "json": "value",
            "moment": "updated_at",
        },
    ),
    _table(
        "idempotency_keys",
        {
            "text": "key request_sha256",
            "json": "response",
            "moment": "created_at",
        },
    ),
    _table(
        "dead_letters",
        {
            "uuid": "id pst_file_id",
            "text": "engine task reason message",
            "integer": "attempt",
            "moment": "created_at requeued_at",
        },
    ),
)
"""In an order in which what is referred to comes first."""

TABLES: Final = {table.name: table for table in CARRIED}
