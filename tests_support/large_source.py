"""A source of as many rows as wanted, written by SQLite itself: a million in seconds."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

from postroom.archive.sqlite import SqliteArchive, open_sqlite
from tests_support.mails import NOW, begin_ingest

_UUID: Final = """lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' ||
    substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' ||
    hex(randomblob(6)))"""
_MAILS: Final = f"""WITH RECURSIVE numbers (n) AS
    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :mails)
    INSERT INTO email_messages (id, pst_file_id, pst_nid, node_path, origin, family_id,
        family_position, message_class, subject, from_address, sender_name, recipients,
        display_to, sent_filetime, sent_utc, message_id, body_text, body_source, content_hash)
    SELECT {_UUID}, :ingest, n, printf('%x', n), 'table', {_UUID}, 0, 'IPM.Note',
        printf('Subject %d of a mail', n), printf('person%d@example.com', n % 977),
        printf('Person %d', n % 977), '[{{"type": 1, "name": "To", "smtp": "to@example.com"}}]',
        'To', 133000000000000000 + n * 10000007,
        strftime('%Y-%m-%dT%H:%M:%S', 1600000000 + n, 'unixepoch') || printf('.%07dZ', n % 9999999),
        printf('<%d@example.com>', n), printf('Body of mail %d. ', n) || hex(randomblob(90)),
        'plain', lower(hex(randomblob(32)))
    FROM numbers"""  # noqa: S608  # ours
_ATTACHMENTS: Final = f"""INSERT INTO email_attachments (id, email_id, pst_file_id, pst_nid,
        email_node_path, attachment_nid, node_path, attachment_index, method, file_name, mime_type,
        size_bytes, attachment_hash)
    SELECT {_UUID}, id, pst_file_id, pst_nid, node_path, 5, node_path || '/5', 0, 1,
        printf('file %d.pdf', pst_nid), 'application/pdf', pst_nid, lower(hex(randomblob(32)))
    FROM email_messages WHERE pst_nid % 4 = 0"""  # noqa: S608  # ours


def large_source(source_id: str, home: Path, rows: int) -> SqliteArchive:
    """Make a source of about `rows` rows: mails, and an attachment for every fourth."""
    archive = open_sqlite(source_id, home, create=True)
    claim = begin_ingest(archive)
    with closing(archive.connect()) as connection, connection:
        connection.execute(_MAILS, {"mails": rows * 4 // 5, "ingest": claim.pst_file_id})
        connection.execute(_ATTACHMENTS)
        connection.execute(
            "UPDATE pst_files SET processing_status = 'completed', processing_completed_at = ?",
            (NOW,),
        )
    claim.release(archive)
    return archive
