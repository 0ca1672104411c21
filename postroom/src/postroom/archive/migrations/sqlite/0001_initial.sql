-- The archive of one source, for SQLite. docs/formats.md says what the columns mean.

CREATE TABLE pst_files (
    id                      TEXT NOT NULL PRIMARY KEY,
    project_id              TEXT NOT NULL,
    case_id                 TEXT,
    file_name               TEXT NOT NULL,
    s3_bucket               TEXT NOT NULL,
    s3_key                  TEXT NOT NULL,
    size_bytes              INTEGER,
    sha256                  TEXT,
    engine                  TEXT CHECK (engine IN ('v1', 'v2')),
    engine_version          TEXT,
    processing_status       TEXT NOT NULL DEFAULT 'pending' CHECK (processing_status IN
        ('pending', 'queued', 'processing', 'completed', 'failed', 'cancelled')),
    error_message           TEXT,
    processing_started_at   TEXT,
    processing_completed_at TEXT,
    total_emails            INTEGER,
    total_attachments       INTEGER,
    claim_owner             TEXT,
    claim_attempt           INTEGER NOT NULL DEFAULT 0,
    claim_epoch             INTEGER NOT NULL DEFAULT 0,
    claim_lease_until       TEXT,
    progress                TEXT,
    created_at              TEXT NOT NULL
) STRICT;

CREATE TABLE email_messages (
    id                        TEXT NOT NULL PRIMARY KEY,
    pst_file_id               TEXT NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    pst_nid                   INTEGER NOT NULL,
    node_path                 TEXT NOT NULL,
    parent_path               TEXT,
    origin                    TEXT NOT NULL CHECK (origin IN ('table', 'not_in_table', 'orphan', 'embedded')),
    family_id                 TEXT NOT NULL,
    family_position           INTEGER NOT NULL,
    family_hash               TEXT,
    folder_nid                INTEGER,
    folder_index              INTEGER,
    pst_message_path          TEXT,
    message_class             TEXT,
    subject                   TEXT,
    from_address              TEXT,
    sender_name               TEXT,
    sender_address_type       TEXT,
    sender_address            TEXT,
    sender_smtp               TEXT,
    representing_name         TEXT,
    representing_address_type TEXT,
    representing_address      TEXT,
    representing_smtp         TEXT,
    recipients                TEXT NOT NULL DEFAULT '[]',
    display_to                TEXT,
    display_cc                TEXT,
    display_bcc               TEXT,
    sent_filetime             INTEGER,
    sent_utc                  TEXT,
    received_filetime         INTEGER,
    received_utc              TEXT,
    created_filetime          INTEGER,
    modified_filetime         INTEGER,
    header_date               TEXT,
    message_id                TEXT,
    message_id_source         TEXT,
    in_reply_to               TEXT,
    in_reply_to_source        TEXT,
    email_references          TEXT,
    email_references_source   TEXT,
    conversation_index        TEXT,
    conversation_topic        TEXT,
    importance                INTEGER,
    message_flags             INTEGER,
    categories                TEXT NOT NULL DEFAULT '[]',
    named_properties          TEXT NOT NULL DEFAULT '{}',
    transport_headers         TEXT,
    body_text                 TEXT,
    body_source               TEXT CHECK (body_source IN ('plain', 'html', 'rtf')),
    body_html                 TEXT,
    body_rtf                  TEXT,
    code_page                 INTEGER,
    decode_lossy              INTEGER NOT NULL DEFAULT 0,
    text_hash                 TEXT,
    content_hash              TEXT,
    record_hash               TEXT,
    edrm_mih                  TEXT,
    attachment_count          INTEGER NOT NULL DEFAULT 0,
    metadata                  TEXT NOT NULL DEFAULT '{}',
    thread_id                 TEXT,
    parent_message_id         TEXT
) STRICT;

CREATE TABLE email_attachments (
    id                 TEXT NOT NULL PRIMARY KEY,
    email_id           TEXT NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    pst_file_id        TEXT NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    pst_nid            INTEGER NOT NULL,
    email_node_path    TEXT NOT NULL,
    attachment_nid     INTEGER NOT NULL,
    node_path          TEXT NOT NULL,
    attachment_index   INTEGER NOT NULL,
    method             INTEGER,
    file_name          TEXT,
    long_name          TEXT,
    short_name         TEXT,
    mime_type          TEXT,
    content_id         TEXT,
    is_inline          INTEGER NOT NULL DEFAULT 0,
    is_hidden          INTEGER NOT NULL DEFAULT 0,
    rendering_position INTEGER,
    size_bytes         INTEGER,
    declared_size      INTEGER,
    attachment_hash    TEXT,
    md5                TEXT,
    sha1               TEXT,
    s3_bucket          TEXT,
    s3_key             TEXT,
    created_filetime   INTEGER,
    modified_filetime  INTEGER,
    embedded_path      TEXT,
    reference          TEXT
) STRICT;

CREATE TABLE documents (
    id            TEXT NOT NULL PRIMARY KEY,
    pst_file_id   TEXT NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    attachment_id TEXT NOT NULL REFERENCES email_attachments (id) DEFERRABLE INITIALLY DEFERRED,
    email_id      TEXT NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    status        TEXT NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'READY', 'FAILED')),
    mime_type     TEXT,
    text_excerpt  TEXT,
    error_message TEXT,
    updated_at    TEXT
) STRICT;

CREATE TABLE ingest_errors (
    id           TEXT NOT NULL PRIMARY KEY,
    pst_file_id  TEXT NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    kind         TEXT NOT NULL,
    node_path    TEXT,
    folder_nid   INTEGER,
    folder_index INTEGER,
    nid          INTEGER,
    bid          TEXT,
    file_offset  INTEGER,
    property     TEXT,
    reason       TEXT NOT NULL
) STRICT;

CREATE TABLE email_thread_links (
    id              TEXT NOT NULL PRIMARY KEY,
    pst_file_id     TEXT NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    email_id        TEXT NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    parent_email_id TEXT NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    method          TEXT NOT NULL,
    confidence      REAL NOT NULL
) STRICT;

CREATE TABLE email_dedupe_decisions (
    id            TEXT NOT NULL PRIMARY KEY,
    pst_file_id   TEXT NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    email_id      TEXT NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    kept_email_id TEXT NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    tier          TEXT NOT NULL,
    key_hash      TEXT NOT NULL
) STRICT;

CREATE TABLE item_notes (
    id         TEXT NOT NULL PRIMARY KEY,
    email_id   TEXT NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    author     TEXT NOT NULL,
    body       TEXT NOT NULL,
    pinned     INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE item_meta (
    id         TEXT NOT NULL PRIMARY KEY,
    email_id   TEXT NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE idempotency_keys (
    key            TEXT NOT NULL PRIMARY KEY,
    request_sha256 TEXT NOT NULL,
    response       TEXT,
    created_at     TEXT NOT NULL
) STRICT;

CREATE INDEX email_messages_pst_file_id ON email_messages (pst_file_id);
CREATE INDEX email_messages_family_id ON email_messages (family_id);
CREATE INDEX email_attachments_pst_file_id ON email_attachments (pst_file_id);
CREATE INDEX email_attachments_email_id ON email_attachments (email_id);
CREATE INDEX documents_pst_file_id ON documents (pst_file_id);
CREATE UNIQUE INDEX documents_attachment_id ON documents (attachment_id);
CREATE INDEX ingest_errors_pst_file_id ON ingest_errors (pst_file_id);
CREATE INDEX email_thread_links_pst_file_id ON email_thread_links (pst_file_id);
CREATE INDEX email_dedupe_decisions_pst_file_id ON email_dedupe_decisions (pst_file_id);
CREATE INDEX item_notes_email_id ON item_notes (email_id);
CREATE UNIQUE INDEX item_meta_email_id_name ON item_meta (email_id, name);
