-- What a move back to SQLite needs in the schema: the log of changed keys. docs/move.md.

CREATE TABLE move_log (
    n          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    key        text NOT NULL,
    logged_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
