"""The tables and their migrations. The second one is what the cutover waits for."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

_BASE = """
CREATE TABLE user_profiles (
    id                 TEXT PRIMARY KEY,
    user_id            TEXT NOT NULL,
    project_id         TEXT,
    pipeline           TEXT NOT NULL CHECK (pipeline IN ('v1', 'v2')),
    storage_path       TEXT NOT NULL,
    expected_soulprint TEXT,
    soulprint          TEXT,
    records            INTEGER,
    size               INTEGER,
    packed_size        INTEGER,
    attempts           INTEGER NOT NULL DEFAULT 0,
    claimed_by         TEXT,
    is_held            INTEGER NOT NULL DEFAULT 0,
    created_at         TEXT NOT NULL
);
"""
_FOUR_COLUMNS = """
ALTER TABLE user_profiles ADD COLUMN full_pass_status TEXT NOT NULL DEFAULT 'pending'
    CHECK (full_pass_status IN ('pending', 'processing', 'complete', 'failed'));
ALTER TABLE user_profiles ADD COLUMN full_pass_started_at TEXT;
ALTER TABLE user_profiles ADD COLUMN full_pass_completed_at TEXT;
ALTER TABLE user_profiles ADD COLUMN full_pass_error TEXT;
CREATE INDEX user_profiles_ended ON user_profiles (pipeline, full_pass_completed_at);
CREATE INDEX user_profiles_queue ON user_profiles (full_pass_status, created_at);
CREATE TABLE settings (
    only          INTEGER PRIMARY KEY CHECK (only = 1),
    stuck_after_s REAL NOT NULL,
    quick_s       REAL NOT NULL,
    slow_after_s  REAL NOT NULL,
    hour_s        REAL NOT NULL
);
INSERT INTO settings VALUES (1, 1800, 600, 1800, 3600);
"""
MIGRATIONS: Final = (_BASE, _FOUR_COLUMNS)


def connect(path: Path, *, is_durable: bool = True) -> sqlite3.Connection:
    """Open the database; every statement is a transaction of its own unless one is begun.

    What is written durably outlives a power cut. The rest outlives a killed process, and is on disk
    with the next durable write.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
    return connection


def migrate(path: Path, to: int = len(MIGRATIONS)) -> int:
    """Bring the database up to a version, never down, and return the version it has then."""
    connection = connect(path)
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        for number in range(version, to):
            connection.executescript(
                f"BEGIN IMMEDIATE; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
            )
        return max(version, to)
    finally:
        connection.close()
