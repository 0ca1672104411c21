-- What failed for good, with its reason, until a person sends it back into the queue.

CREATE TABLE dead_letters (
    id          uuid PRIMARY KEY,
    pst_file_id uuid,
    engine      text NOT NULL CHECK (engine IN ('v1', 'v2')),
    task        text,
    attempt     integer,
    reason      text NOT NULL,
    message     text,
    created_at  timestamptz NOT NULL,
    requeued_at timestamptz
);

CREATE INDEX dead_letters_pst_file_id ON dead_letters (pst_file_id);
CREATE INDEX pst_files_processing_status ON pst_files (processing_status);
