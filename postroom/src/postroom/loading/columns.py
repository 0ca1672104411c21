"""Which members of the extractor's records go into which columns. docs/formats.md names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from postroom.errors import NotReadable


@dataclass(frozen=True, slots=True)
class Records:
    """One kind of records: its files, its table, its members by what becomes of them.

    `columns` are members that are columns of the same name; `json_columns` are among them.
    `objects` are members that name an object whose text belongs into
    a column: `body_text_object` into `body_text`.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    json_columns: frozenset[str]
    objects: tuple[str, ...]
    key_column: str | None

    @property
    def csv(self) -> str:
        """Name its CSV file."""
        return f"{self.name}.csv.gz"

    @property
    def ndjson(self) -> str:
        """Name its NDJSON file."""
        return f"{self.name}.ndjson.gz"

    @property
    def members(self) -> frozenset[str]:
        """Give every member that a record must have."""
        key = (self.key_column,) if self.key_column else ()
        return frozenset((*self.columns, *self.objects, *key))

    def check_members(self, found: list[str], file: str) -> None:
        """Raise `NotReadable` unless `found` are exactly the members, in any order."""
        missing, surplus = self.members - set(found), set(found) - self.members
        if missing or surplus or len(found) != len(self.members):
            raise NotReadable(
                "these outputs have other columns than this version of postroom loads",
                where=file,
                why=f"missing: {sorted(missing)}; unknown: {sorted(surplus)}",
                remedy="extract again with the pst-extract of this version",
            )


EMAILS: Final = Records(
    name="emails",
    table="email_messages",
    columns=(
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
        "body_text",
        "body_source",
        "body_html",
        "body_rtf",
        "code_page",
        "decode_lossy",
        "text_hash",
        "content_hash",
        "record_hash",
        "edrm_mih",
        "attachment_count",
        "metadata",
    ),
    json_columns=frozenset(("recipients", "categories", "named_properties", "metadata")),
    objects=(
        "transport_headers_object",
        "body_text_object",
        "body_html_object",
        "body_rtf_object",
    ),
    key_column=None,
)

ATTACHMENTS: Final = Records(
    name="attachments",
    table="email_attachments",
    columns=(
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
        "created_filetime",
        "modified_filetime",
        "embedded_path",
        "reference",
    ),
    json_columns=frozenset(),
    objects=(),
    key_column="object_key",
)


def column_of(member: str) -> str:
    """Name the column that the text of the object `member` belongs into."""
    return member.removesuffix("_object")
