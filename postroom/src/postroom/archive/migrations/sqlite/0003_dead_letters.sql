-- What failed for good, with its reason, until a person sends it back into the queue.

CREATE TABLE dead_letters (
    id          TEXT NOT NULL PRIMARY KEY,
    pst_file_id TEXT,
    engine      TEXT NOT NULL CHECK (engine IN ('v1', 'v2')),
    task        TEXT,
    attempt     INTEGER,
    reason      TEXT NOT NULL,
    message     TEXT,
    created_at  TEXT NOT NULL,
    requeued_at TEXT
) STRICT;

CREATE INDEX dead_letters_pst_file_id ON dead_letters (pst_file_id);
CREATE INDEX pst_files_processing_status ON pst_files (processing_status);
