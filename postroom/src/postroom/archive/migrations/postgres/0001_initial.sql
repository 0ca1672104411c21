-- The archive of one source, for PostgreSQL. docs/formats.md says what the columns mean.

CREATE TABLE pst_files (
    id                      uuid PRIMARY KEY,
    project_id              text NOT NULL,
    case_id                 text,
    file_name               text NOT NULL,
    s3_bucket               text NOT NULL,
    s3_key                  text NOT NULL,
    size_bytes              bigint,
    sha256                  text,
    engine                  text CHECK (engine IN ('v1', 'v2')),
    engine_version          text,
    processing_status       text NOT NULL DEFAULT 'pending' CHECK (processing_status IN
        ('pending', 'queued', 'processing', 'completed', 'failed', 'cancelled')),
    error_message           text,
    processing_started_at   timestamptz,
    processing_completed_at timestamptz,
    total_emails            bigint,
    total_attachments       bigint,
    claim_owner             text,
    claim_attempt           integer NOT NULL DEFAULT 0,
    claim_epoch             bigint NOT NULL DEFAULT 0,
    claim_lease_until       timestamptz,
    progress                json,
    created_at              timestamptz NOT NULL
);

CREATE TABLE email_messages (
    id                        uuid PRIMARY KEY,
    pst_file_id               uuid NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    pst_nid                   bigint NOT NULL,
    node_path                 text NOT NULL,
    parent_path               text,
    origin                    text NOT NULL CHECK (origin IN ('table', 'not_in_table', 'orphan', 'embedded')),
    family_id                 uuid NOT NULL,
    family_position           integer NOT NULL,
    family_hash               text,
    folder_nid                bigint,
    folder_index              integer,
    pst_message_path          text,
    message_class             text,
    subject                   text,
    from_address              text,
    sender_name               text,
    sender_address_type       text,
    sender_address            text,
    sender_smtp               text,
    representing_name         text,
    representing_address_type text,
    representing_address      text,
    representing_smtp         text,
    recipients                json NOT NULL DEFAULT '[]',
    display_to                text,
    display_cc                text,
    display_bcc               text,
    sent_filetime             bigint,
    sent_utc                  timestamptz,
    received_filetime         bigint,
    received_utc              timestamptz,
    created_filetime          bigint,
    modified_filetime         bigint,
    header_date               text,
    message_id                text,
    message_id_source         text,
    in_reply_to               text,
    in_reply_to_source        text,
    email_references          text,
    email_references_source   text,
    conversation_index        text,
    conversation_topic        text,
    importance                integer,
    message_flags             bigint,
    categories                json NOT NULL DEFAULT '[]',
    named_properties          json NOT NULL DEFAULT '{}',
    transport_headers         text,
    body_text                 text,
    body_source               text CHECK (body_source IN ('plain', 'html', 'rtf')),
    body_html                 text,
    body_rtf                  text,
    code_page                 integer,
    decode_lossy              boolean NOT NULL DEFAULT false,
    text_hash                 text,
    content_hash              text,
    record_hash               text,
    edrm_mih                  text,
    attachment_count          integer NOT NULL DEFAULT 0,
    metadata                  json NOT NULL DEFAULT '{}',
    thread_id                 uuid,
    parent_message_id         uuid
);

CREATE TABLE email_attachments (
    id                 uuid PRIMARY KEY,
    email_id           uuid NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    pst_file_id        uuid NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    pst_nid            bigint NOT NULL,
    email_node_path    text NOT NULL,
    attachment_nid     bigint NOT NULL,
    node_path          text NOT NULL,
    attachment_index   integer NOT NULL,
    method             integer,
    file_name          text,
    long_name          text,
    short_name         text,
    mime_type          text,
    content_id         text,
    is_inline          boolean NOT NULL DEFAULT false,
    is_hidden          boolean NOT NULL DEFAULT false,
    rendering_position bigint,
    size_bytes         bigint,
    declared_size      bigint,
    attachment_hash    text,
    md5                text,
    sha1               text,
    s3_bucket          text,
    s3_key             text,
    created_filetime   bigint,
    modified_filetime  bigint,
    embedded_path      text,
    reference          text
);

CREATE TABLE documents (
    id            uuid PRIMARY KEY,
    pst_file_id   uuid NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    attachment_id uuid NOT NULL REFERENCES email_attachments (id) DEFERRABLE INITIALLY DEFERRED,
    email_id      uuid NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    status        text NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'READY', 'FAILED')),
    mime_type     text,
    text_excerpt  text,
    error_message text,
    updated_at    timestamptz
);

CREATE TABLE ingest_errors (
    id           uuid PRIMARY KEY,
    pst_file_id  uuid NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    kind         text NOT NULL,
    node_path    text,
    folder_nid   bigint,
    folder_index integer,
    nid          bigint,
    bid          text,
    file_offset  bigint,
    property     text,
    reason       text NOT NULL
);

CREATE TABLE email_thread_links (
    id              uuid PRIMARY KEY,
    pst_file_id     uuid NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    email_id        uuid NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    parent_email_id uuid NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    method          text NOT NULL,
    confidence      real NOT NULL
);

CREATE TABLE email_dedupe_decisions (
    id            uuid PRIMARY KEY,
    pst_file_id   uuid NOT NULL REFERENCES pst_files (id) DEFERRABLE INITIALLY DEFERRED,
    email_id      uuid NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    kept_email_id uuid NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    tier          text NOT NULL,
    key_hash      text NOT NULL
);

CREATE TABLE item_notes (
    id         uuid PRIMARY KEY,
    email_id   uuid NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    author     text NOT NULL,
    body       text NOT NULL,
    pinned     boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE item_meta (
    id         uuid PRIMARY KEY,
    email_id   uuid NOT NULL REFERENCES email_messages (id) DEFERRABLE INITIALLY DEFERRED,
    name       text NOT NULL,
    value      json NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE idempotency_keys (
    key            text PRIMARY KEY,
    request_sha256 text NOT NULL,
    response       json,
    created_at     timestamptz NOT NULL
);

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
