"""One change at a time to the candidate of the small archive, and the gates that it must fail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

OTHER = hashlib.sha256(b"something else").hexdigest()
OTHER_TEXT = "Dear all?"
_TEXT = (
    f"body_text = '{OTHER_TEXT}', text_hash = '{hashlib.sha256(OTHER_TEXT.encode()).hexdigest()}'"
)
_NEW_ID = "33333333-3333-5333-8333-333333333333"


@dataclass(frozen=True)
class Mutation:
    """What is changed, in SQL with `:c` and `:b` for the ingests, and which gates do not hold then.

    A gate that only warns ends in `~`.
    """

    name: str
    changes: tuple[str, ...]
    fails: frozenset[str]


def path(at: int) -> str:
    """Return the node path of a mail by its number in the file."""
    return f"{0x100004 + at * 0x20:x}"


def _mail(at: int, change: str) -> str:
    return f"UPDATE email_messages SET {change} WHERE pst_file_id = :c AND node_path = '{path(at)}'"


def _attachment(at: int, number: int, change: str) -> str:
    where = f"pst_file_id = :c AND node_path = '{_attached(at, number)}'"
    return f"UPDATE email_attachments SET {change} WHERE {where}"


def _attached(at: int, number: int) -> str:
    return f"{path(at)}/{0x8025 + number * 0x20:x}"


def _ingest(change: str) -> str:
    return f"UPDATE pst_files SET {change} WHERE id = :c"


def _as(column: str, at: int) -> str:
    """Set a column to what it was in another mail."""
    other = f"x.pst_file_id = :b AND x.node_path = '{path(at)}'"
    return f"{column} = (SELECT x.{column} FROM email_messages x WHERE {other})"


def _hash_of(at: int, number: int) -> str:
    other = f"x.pst_file_id = :b AND x.node_path = '{_attached(at, number)}'"
    return f"attachment_hash = (SELECT x.attachment_hash FROM email_attachments x WHERE {other})"


def _drop_mail(at: int) -> tuple[str, ...]:
    own = f"(SELECT id FROM email_messages WHERE pst_file_id = :c AND node_path = '{path(at)}')"
    tables = ("documents", "email_attachments", "email_thread_links")
    children = [f"DELETE FROM {table} WHERE email_id = {own}" for table in tables]
    return (*children, f"DELETE FROM email_messages WHERE id = {own}")


def _drop_document(at: int, number: int) -> str:
    where = f"pst_file_id = :c AND node_path = '{_attached(at, number)}'"
    own = f"(SELECT id FROM email_attachments WHERE {where})"
    return f"DELETE FROM documents WHERE attachment_id = {own}"


def _copy(at: int, **other: str) -> str:
    same = ("origin", "family_id", "family_position", "folder_nid", "folder_index", "pst_nid")
    more = ("node_path", "pst_message_path", "message_id", "content_hash", "record_hash")
    text = ("text_hash", "body_text", "body_source", "thread_id", "pst_file_id")
    columns = (*same, *more, *text)
    values = ", ".join(other.get(column, column) for column in columns)
    return (
        f"INSERT INTO email_messages (id, {', '.join(columns)}) SELECT '{_NEW_ID}', {values}"
        f" FROM email_messages WHERE pst_file_id = :c AND node_path = '{path(at)}'"
    )


def _mutation(name: str, fails: str, *changes: str) -> Mutation:
    return Mutation(name, changes, frozenset(filter(None, fails.split("; "))))


_A_MAIL = (
    "emails; distinct message ids; bodies; message ids; presence: conversation_index; content;"
    " records; content in place; folders; references"
)

MUTATIONS = (
    _mutation("drop a mail", f"{_A_MAIL}; plain text; threads~", *_drop_mail(3)),
    _mutation(
        "drop a mail with attachments",
        f"{_A_MAIL}; presence: headers_present; attachments; attachment content;"
        " attachments per email; attachments in place; thread orphans; parent links; documents",
        *_drop_mail(5),
    ),
    _mutation(
        "a mail twice",
        "emails; bodies; message ids; presence: conversation_index; presence: headers_present;"
        " content; records; content in place; folders; references; plain text",
        _copy(3),
    ),
    _mutation(
        "a byte of a body",
        "content; records; content in place; plain text",
        _mail(3, f"content_hash = '{OTHER}', record_hash = '{OTHER}', {_TEXT}"),
    ),
    _mutation(
        "HTML beside a plain body",
        "records",
        _mail(3, f"body_html = '<p>other</p>', record_hash = '{OTHER}'"),
    ),
    _mutation("drop a BCC", "records", _mail(4, f"record_hash = '{OTHER}'")),
    _mutation(
        "swap two attachments between mails",
        "attachments in place",
        _attachment(4, 0, _hash_of(5, 0)),
        _attachment(5, 0, _hash_of(4, 0)),
    ),
    _mutation(
        "swap two attachments of one mail",
        "attachments in place",
        _attachment(5, 0, _hash_of(5, 1)),
        _attachment(5, 1, _hash_of(5, 0)),
    ),
    _mutation(
        "a byte of an attachment",
        "attachment content; attachments in place",
        _attachment(5, 0, f"attachment_hash = '{OTHER}'"),
    ),
    _mutation(
        "an attachment loses its hash",
        "attachment content; attachments in place",
        _attachment(5, 0, "attachment_hash = NULL"),
    ),
    _mutation(
        "drop an attachment",
        "attachments; attachment content; attachments per email; attachments in place; documents",
        _drop_document(5, 0),
        f"DELETE FROM email_attachments WHERE pst_file_id = :c AND node_path = '{_attached(5, 0)}'",
    ),
    _mutation(
        "an attachment moves to another mail",
        "attachments per email; attachments in place",
        _attachment(
            5,
            1,
            "email_id = (SELECT id FROM email_messages x WHERE x.pst_file_id = :c"
            f" AND x.node_path = '{path(3)}'), email_node_path = '{path(3)}',"
            f" pst_nid = {int(path(3), 16)}",
        ),
    ),
    _mutation(
        "swap two folders",
        "folders",
        _mail(3, "pst_message_path = 'Sent'"),
        _mail(23, "pst_message_path = 'Inbox'"),
    ),
    _mutation("a wrong folder", "folders", _mail(3, "pst_message_path = 'Sent'")),
    _mutation(
        "no folder", "presence: pst_message_path; folders", _mail(3, "pst_message_path = NULL")
    ),
    _mutation(
        "null a message id",
        "distinct message ids; message ids; references",
        _mail(3, "message_id = NULL"),
    ),
    _mutation("an empty message id", "message ids; references", _mail(3, "message_id = ''")),
    _mutation(
        "NULL against the text NULL",
        "distinct message ids; message ids; references",
        _mail(11, "message_id = 'NULL'"),
    ),
    _mutation(
        "swap two message ids",
        "references",
        _mail(3, "message_id = '<m4@example.org>'"),
        _mail(4, "message_id = '<m3@example.org>'"),
    ),
    _mutation("null a header", "presence: in_reply_to; references", _mail(6, "in_reply_to = NULL")),
    _mutation(
        "lose the references",
        "presence: email_references; references",
        _mail(6, "email_references = NULL"),
    ),
    _mutation(
        "other references",
        "references",
        _mail(6, "email_references = '<m1@example.org> <m5@example.org>'"),
    ),
    _mutation(
        "no conversation index",
        "presence: conversation_index",
        _mail(3, "conversation_index = NULL"),
    ),
    _mutation(
        "no transport headers",
        "presence: headers_present",
        _mail(4, """metadata = '{"transport_headers_present": false}'"""),
    ),
    _mutation(
        "metadata without its member", "presence: headers_present", _mail(4, "metadata = '{}'")
    ),
    _mutation("shorten a body after hashing", "text hash", _mail(3, "body_text = 'Dear all'")),
    _mutation("a body without its hash", "text hash; plain text", _mail(3, "text_hash = NULL")),
    _mutation("a hash without its body", "bodies; text hash", _mail(3, "body_text = NULL")),
    _mutation("a plain body decoded otherwise", "plain text", _mail(3, _TEXT)),
    _mutation(
        "a multi-byte body decoded otherwise",
        "plain text, multi-byte code pages~",
        _mail(2, _TEXT),
    ),
    _mutation("text made from HTML otherwise", "", _mail(10, _TEXT)),
    _mutation(
        "a plain body told as HTML", "plain text", _mail(3, f"body_source = 'html', {_TEXT}")
    ),
    _mutation(
        "swap two content hashes",
        "content in place; attachments per email",
        _mail(3, _as("content_hash", 4)),
        _mail(4, _as("content_hash", 3)),
    ),
    _mutation(
        "swap two records",
        "records",
        _mail(3, _as("record_hash", 4)),
        _mail(4, _as("record_hash", 3)),
    ),
    _mutation(
        "a content hash lost without an error",
        "content; content in place; content hashed",
        _mail(3, "content_hash = NULL"),
    ),
    _mutation(
        "a good row marked as embedded",
        "only in candidate",
        _mail(3, f"origin = 'embedded', parent_path = '{path(4)}'"),
    ),
    _mutation("a good row marked as orphan", "only in candidate", _mail(3, "origin = 'orphan'")),
    _mutation(
        "a good row marked as not in its table",
        "only in candidate",
        _mail(3, "origin = 'not_in_table'"),
    ),
    _mutation(
        "a good row in the place of an error", "only in candidate", _mail(3, "folder_index = 7")
    ),
    _mutation(
        "a good row under a new path",
        f"{_A_MAIL}; plain text; threads~; only in candidate",
        _mail(3, "node_path = '300000'"),
    ),
    _mutation(
        "a good row under a new path, as an orphan",
        f"{_A_MAIL}; plain text; threads~; only in candidate",
        _mail(3, "node_path = '300000', origin = 'orphan'"),
    ),
    _mutation(
        "an invented orphan",
        "only in candidate",
        _copy(3, pst_nid="5", node_path="'5'", origin="'orphan'"),
    ),
    _mutation(
        "a row that v1 lost, in another place", "only in candidate", _mail(8, "folder_index = 70")
    ),
    _mutation(
        "two rows for one item that v1 lost",
        "only in candidate",
        _copy(8, pst_nid="5", node_path="'5'"),
    ),
    _mutation(
        "an embedded mail without its parent",
        "only in candidate",
        "UPDATE email_messages SET parent_path = 'ffff'"
        f" WHERE pst_file_id = :c AND node_path = '{path(9)}/80a5/9004'",
    ),
    _mutation(
        "no threads at all",
        "threads",
        "UPDATE email_messages SET thread_id = NULL WHERE pst_file_id = :c",
    ),
    _mutation("one thread more", "threads~", _mail(6, f"thread_id = '{_NEW_ID}'")),
    _mutation(
        "a link lost",
        "thread orphans; parent links",
        "DELETE FROM email_thread_links WHERE pst_file_id = :c AND email_id = (SELECT id FROM"
        f" email_messages WHERE pst_file_id = :c AND node_path = '{path(6)}')",
    ),
    _mutation("a document lost", "documents", _drop_document(5, 0)),
    _mutation(
        "some texts lost",
        "text~",
        "UPDATE documents SET text_excerpt = NULL, status = 'FAILED' WHERE attachment_id IN"
        " (SELECT id FROM email_attachments WHERE pst_file_id = :c"
        f" AND node_path IN ('{_attached(5, 0)}', '{_attached(5, 1)}'))",
    ),
    _mutation(
        "all texts lost", "text", "UPDATE documents SET text_excerpt = '' WHERE pst_file_id = :c"
    ),
    _mutation("another size", "objects", _attachment(5, 0, "size_bytes = size_bytes + 1")),
    _mutation(
        "an object that is not there", "objects", _attachment(5, 0, "s3_key = 'pst-v2/nothing'")
    ),
    _mutation(
        "an object outside of the store",
        "objects",
        _attachment(5, 0, "s3_key = '../../../../etc/hostname'"),
    ),
    _mutation("content without an object", "objects", _attachment(5, 0, "s3_key = NULL")),
    _mutation("not completed", "status", _ingest("processing_status = 'processing'")),
    _mutation("completed with an error", "status", _ingest("error_message = 'x'")),
    _mutation(
        "slower",
        "duration~",
        _ingest("processing_completed_at = '2026-11-20T10:00:40.500000Z'"),
    ),
    _mutation("no end", "duration~", _ingest("processing_completed_at = NULL")),
)
