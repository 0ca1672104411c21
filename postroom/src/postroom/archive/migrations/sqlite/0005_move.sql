-- What a move to PostgreSQL needs in the file: the fence, and the log of changed keys. docs/move.md.

CREATE TABLE move_fence (
    one           INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    is_open       INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    epoch         INTEGER NOT NULL,
    is_paused     INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
    loss_accepted TEXT,
    carried       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE move_log (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    table_name TEXT NOT NULL,
    key        TEXT NOT NULL
) STRICT;
