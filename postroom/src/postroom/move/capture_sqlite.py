"""The triggers of a SQLite file on its way to PostgreSQL: the fence, and the log of changed keys.

Both are in the file and so hold for every program that writes to it, whether it knows of moves or
not. A trigger of the fence comes before each change, one of the log after it. REPLACE deletes
without a word unless `recursive_triggers` is on, as it is on every connection of an archive.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from postroom.archive.fence import CLOSED, build_fence
from postroom.move.tables import CARRIED, Table

_FENCED: Final = """CREATE TRIGGER IF NOT EXISTS move_fence_{table}_{event}
    BEFORE {event} ON {table} BEGIN
    SELECT RAISE(ABORT, '{closed}') WHERE NOT (SELECT is_open FROM move_fence); END"""
_LOGGED: Final = """CREATE TRIGGER IF NOT EXISTS move_log_{table}_{event}
    AFTER {event} ON {table} BEGIN {inserts} END"""
_NEW: Final = "INSERT INTO move_log (table_name, key) VALUES ('{table}', NEW.{key});"
_OLD: Final = "INSERT INTO move_log (table_name, key) VALUES ('{table}', OLD.{key});"
_CHANGED: Final = """INSERT INTO move_log (table_name, key)
    SELECT '{table}', OLD.{key} WHERE OLD.{key} IS NOT NEW.{key};"""
_EVENTS: Final = {"INSERT": _NEW, "UPDATE": f"{_NEW} {_CHANGED}", "DELETE": _OLD}

# Tables of the index are made anew in the other store; but nobody writes to a closed file.
_ORDINARY: Final = """SELECT name FROM sqlite_schema WHERE type = 'table'
    AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND name NOT LIKE 'move\\_%' ESCAPE '\\' AND name NOT LIKE 'search\\_words%' ESCAPE '\\'
    AND name <> 'schema_migrations' ORDER BY name"""


def install_capture(connection: sqlite3.Connection, epoch: int) -> None:
    """Give the file a fence, open at `epoch`, and log from now on every key that is written.

    One transaction that waits for who is writing and lets nobody begin: no write straddles it. What
    is there already stays as it is.
    """
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        build_fence(connection, epoch)
        for (table,) in connection.execute(_ORDINARY).fetchall():
            for event in _EVENTS:
                connection.execute(_FENCED.format(table=table, event=event, closed=CLOSED))
        for carried in CARRIED:
            _log(connection, carried)


def remove_log(connection: sqlite3.Connection) -> None:
    """Log no more, and forget what was logged; the fence stays."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for table in CARRIED:
            for event in _EVENTS:
                connection.execute(f"DROP TRIGGER IF EXISTS move_log_{table.name}_{event}")
        connection.execute("DELETE FROM move_log")


def has_capture(connection: sqlite3.Connection) -> bool:
    """Say whether every carried table has its triggers."""
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    return all(
        f"move_{part}_{table.name}_{event}" in found
        for part in ("fence", "log")
        for table in CARRIED
        for event in _EVENTS
    )


def _log(connection: sqlite3.Connection, table: Table) -> None:
    names = {"table": table.name, "key": table.key}
    for event, inserts in _EVENTS.items():
        connection.execute(_LOGGED.format(**names, event=event, inserts=inserts.format(**names)))
