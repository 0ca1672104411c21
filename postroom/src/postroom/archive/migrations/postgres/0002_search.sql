-- The search index, for PostgreSQL. It is made of the other tables: it may be dropped, and the task
-- index makes it again. Nothing refers to it and it refers to nothing. docs/search.md tells more.

CREATE TABLE search_ingests (
    pst_file_id uuid PRIMARY KEY,
    mails       bigint NOT NULL,
    pieces      bigint NOT NULL,
    indexed_at  timestamptz NOT NULL
);

CREATE TABLE search_mails (
    email_id    uuid PRIMARY KEY,
    pst_file_id uuid NOT NULL,
    moment      bigint NOT NULL,
    folder      text NOT NULL
);

CREATE TABLE search_pieces (
    email_id      uuid NOT NULL,
    pst_file_id   uuid NOT NULL,
    attachment_id uuid,
    words         tsvector NOT NULL
);

CREATE INDEX search_mails_pst_file_id ON search_mails (pst_file_id);
CREATE INDEX search_pieces_pst_file_id ON search_pieces (pst_file_id);
CREATE INDEX search_pieces_email_id ON search_pieces (email_id);
CREATE INDEX search_pieces_words ON search_pieces USING gin (words);
