"""The search index of the file, made again of what was carried: readers find what they found."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

import psycopg
from psycopg import sql

from postroom.archive.connection import Connection
from postroom.archive.fence import Fence, fence_of
from postroom.archive.names import schema_name
from postroom.archive.source_registry import placement_of
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.transaction import Transaction
from postroom.archive.trouble import told
from postroom.move.session import session
from postroom.progress import Progress
from postroom.tasks.index import index_ingest

_THERE: Final = "SELECT pst_file_id::text AS id FROM {}.search_ingests ORDER BY 1"
_HERE: Final = """SELECT id FROM pst_files WHERE id NOT IN
    (SELECT pst_file_id FROM search_ingests)"""
_INDEXED: Final = "SELECT 1 FROM sqlite_schema WHERE name = 'search_ingests'"


def index_carried(archive: SqliteArchive, dsn: str, progress: Progress) -> int:
    """Index every ingest that PostgreSQL has indexed and the file has not; say how many.

    Each is a transaction by itself. A closed file is opened for that transaction alone. Nothing is
    begun while the source's tasks are paused: it is about to return, and waits for the file. Where
    somebody dropped the index, it is left to be made by the task.
    """
    with told(f"source {archive.source_id}"), closing(archive.connect()) as file:
        if file.execute(_INDEXED).fetchone() is None:
            return 0
        missing = {row[0] for row in file.execute(_HERE)}
        if not missing:
            return 0
        with session(archive.source_id, dsn) as server:
            server.autocommit = True
            wanted = [one for one in _indexed_there(server, archive.source_id) if one in missing]
            for done, pst_file_id in enumerate(wanted):
                if _is_paused(server, archive.source_id):
                    return done
                progress("search index", done, len(wanted))
                _index(archive, file, pst_file_id, progress)
    return len(wanted)


def _indexed_there(server: Connection, source_id: str) -> list[str]:
    placement = placement_of(server, source_id)
    if placement is None:
        return []
    schema = sql.Identifier(schema_name(source_id, placement.generation))
    try:
        return [row["id"] for row in server.execute(sql.SQL(_THERE).format(schema)).fetchall()]
    except psycopg.errors.UndefinedTable:
        return []


def _is_paused(server: Connection, source_id: str) -> bool:
    placement = placement_of(server, source_id)
    return placement is None or placement.is_paused


def _index(
    archive: SqliteArchive, file: sqlite3.Connection, pst_file_id: str, progress: Progress
) -> None:
    file.execute("BEGIN IMMEDIATE")
    try:
        fence = fence_of(file)
        _set_open(file, fence, is_open=True)
        index_ingest(Transaction(file, "sqlite"), archive, pst_file_id, progress)
        _set_open(file, fence, is_open=False)
    except BaseException:
        file.execute("ROLLBACK")
        raise
    file.execute("COMMIT")


def _set_open(file: sqlite3.Connection, fence: Fence | None, *, is_open: bool) -> None:
    if fence is not None and not fence.is_open:
        file.execute("UPDATE move_fence SET is_open = ?", (is_open,))
