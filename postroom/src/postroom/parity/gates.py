"""The gates of the suite `postroom.pst`, in the order of the report."""

from __future__ import annotations

from fractions import Fraction

from cutline.parity.suite import (
    Count,
    Distribution,
    Multiset,
    Objects,
    Presence,
    Ratio,
    Severity,
    Status,
)

SHARED = "shared code: both versions run the same task, so this compares its inputs"
MULTI_BYTE = (
    *(932, 936, 949, 950, 1361, 10001, 10002, 10003, 10008, 20000, 20932, 20936, 20949, 50220),
    *(50221, 50222, 50225, 50227, 51932, 51936, 51949, 51950, 52936, 54936, 65000),
)
"""Code pages of several bytes a character, without UTF-8, of which every decoder makes the same."""
_LISTED = ", ".join(f"'{page}'" for page in MULTI_BYTE)
_MULTI = f"code_page IN ({_LISTED})"


def _any(*columns: str) -> str:
    return " OR ".join(f"{column} IS NOT NULL" for column in columns)


CHECKS = (
    Status(
        name="status",
        title="Both ingests are completed, without an error message",
        dataset="ingest",
        holds="processing_status = 'completed' AND error_message IS NULL",
    ),
    Count(name="emails", title="Emails", dataset="emails"),
    Count(name="attachments", title="Attachments", dataset="attachments"),
    Count(
        name="distinct message ids",
        title="Distinct message ids",
        dataset="emails",
        measure="count(DISTINCT message_id)",
    ),
    Count(
        name="bodies", title="Emails with body text", dataset="emails", measure="count(has_text)"
    ),
    Multiset(
        name="message ids",
        title="Message ids",
        dataset="emails",
        columns=("message_id",),
        where=_any("message_id"),
    ),
    *(
        Presence(name=f"presence: {column}", title=title, dataset="emails", column=column)
        for column, title in (
            ("conversation_index", "Emails with a conversation index"),
            ("in_reply_to", "Emails with In-Reply-To"),
            ("email_references", "Emails with References"),
            ("pst_message_path", "Emails with a folder path"),
            ("headers_present", "Emails with transport headers"),
        )
    ),
    Multiset(name="content", title="Content hashes", dataset="emails", columns=("content_hash",)),
    Multiset(
        name="attachment content",
        title="Attachment hashes",
        dataset="attachments",
        columns=("attachment_hash",),
    ),
    Distribution(
        name="attachments per email",
        title="Attachments of each email, by its content hash",
        dataset="attachments_of",
        by=("email_content_hash",),
    ),
    Multiset(
        name="records",
        title="Every stored property of each email",
        dataset="emails",
        columns=("pst_nid", "record_hash"),
    ),
    Multiset(
        name="content in place",
        title="The content hash of each email",
        dataset="emails",
        columns=("pst_nid", "content_hash"),
    ),
    Multiset(
        name="attachments in place",
        title="Each attachment in its email",
        dataset="attachments",
        columns=("pst_nid", "attachment_nid", "attachment_hash"),
    ),
    Multiset(
        name="folders",
        title="Each email in its folder",
        dataset="emails",
        columns=("pst_nid", "pst_message_path"),
    ),
    Multiset(
        name="references",
        title="Message id, In-Reply-To and References of each email",
        dataset="emails",
        columns=("pst_nid", "message_id", "in_reply_to", "email_references"),
        where=_any("message_id", "in_reply_to", "email_references"),
    ),
    Status(
        name="content hashed",
        title="No email without a content hash, unless an error is recorded for it",
        dataset="unhashed",
        holds="content_hash IS NOT NULL OR has_error IS NOT NULL",
    ),
    Status(
        name="text hash",
        title="The text hash is that of the stored body text",
        dataset="emails",
        holds="text_hash IS NOT DISTINCT FROM text_hash_now",
        where=_any("text_hash", "text_hash_now"),
    ),
    Multiset(
        name="plain text",
        title="The same body text where the body was plain",
        dataset="emails",
        columns=("pst_nid", "text_hash"),
        where="body_source = 'plain'",
        unless=_MULTI,
    ),
    Multiset(
        name="plain text, multi-byte code pages",
        title="The same body text where the body was plain, in a multi-byte code page",
        dataset="emails",
        columns=("pst_nid", "text_hash"),
        where=f"body_source = 'plain' AND {_MULTI}",
        severity=Severity.WARNING,
    ),
    *(
        Ratio(
            name=name,
            title=title,
            dataset=dataset,
            measure=measure,
            warn_above=Fraction(1, 100),
            block_above=Fraction(5, 100),
            note=SHARED,
        )
        for name, title, dataset, measure in (
            ("threads", "Distinct threads", "emails", "count(DISTINCT thread_id)"),
            ("thread orphans", "Replies whose parent is not there", "orphans", "count(*)"),
            ("parent links", "Links to a parent", "links", "count(*)"),
        )
    ),
    Count(
        name="documents",
        title="Attachment documents",
        dataset="documents",
        note=SHARED,
    ),
    Ratio(
        name="text",
        title="Share of attachment documents with text",
        dataset="documents",
        measure="count(has_text) / nullif(count(*), 0)",
        quotient=True,
        warn_below=Fraction(95, 100),
        block_below=Fraction(90, 100),
        note=SHARED,
    ),
    Objects(
        name="objects",
        title="Every attachment object is in the store, with its size",
        dataset="attachments",
        bucket="s3_bucket",
        key="s3_key",
        size="size_bytes",
        where="attachment_hash IS NOT NULL OR s3_key IS NOT NULL",
    ),
    Ratio(
        name="duration",
        title="Seconds of the ingest: not slower than the baseline",
        dataset="ingest",
        measure="max(CAST(seconds AS DECIMAL(18, 3)))",
        quotient=True,
        warn_above=Fraction(1),
        severity=Severity.WARNING,
        unit="s",
    ),
)
