-- The search index, for SQLite. It is made of the other tables: it may be dropped, and the task
-- index makes it again. Nothing refers to it and it refers to nothing. docs/search.md tells more.

CREATE TABLE search_ingests (
    pst_file_id TEXT NOT NULL PRIMARY KEY,
    mails       INTEGER NOT NULL,
    pieces      INTEGER NOT NULL,
    indexed_at  TEXT NOT NULL
) STRICT;

CREATE TABLE search_mails (
    email_id    TEXT NOT NULL PRIMARY KEY,
    pst_file_id TEXT NOT NULL,
    moment      INTEGER NOT NULL,
    folder      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE search_pieces (
    number        INTEGER PRIMARY KEY,
    email_id      TEXT NOT NULL,
    pst_file_id   TEXT NOT NULL,
    attachment_id TEXT
) STRICT;

CREATE VIRTUAL TABLE search_words USING fts5 (
    subject, sender, recipients, body, tokenize = 'ascii', columnsize = 0
);

CREATE INDEX search_mails_pst_file_id ON search_mails (pst_file_id);
CREATE INDEX search_pieces_pst_file_id ON search_pieces (pst_file_id);
CREATE INDEX search_pieces_email_id ON search_pieces (email_id);
