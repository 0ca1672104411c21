"""The search index of a generation, made before it serves: readers find what they found before."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Final

from postroom.archive.connection import Connection
from postroom.archive.transaction import Transaction
from postroom.move.route import Route
from postroom.progress import Progress
from postroom.tasks.index import index_ingest

_INDEXED: Final = "SELECT pst_file_id, indexed_at FROM search_ingests ORDER BY pst_file_id"
_THERE: Final = """SELECT pst_file_id::text AS id FROM search_ingests
    WHERE pst_file_id = %s AND indexed_at > %s::timestamptz"""


def make_index(
    file: sqlite3.Connection, server: Connection, route: Route, progress: Progress
) -> int:
    """Index every ingest that is indexed in the file; say how many had to be. Each is by itself.

    One that was indexed here since it was indexed there is left as it is.
    """
    if not _has_index(file):
        return 0
    shown = replace(route.archive, is_shown=True)
    indexed = file.execute(_INDEXED).fetchall()
    made = 0
    for done, (pst_file_id, indexed_at) in enumerate(indexed, start=1):
        if server.execute(_THERE, (pst_file_id, indexed_at)).fetchone() is None:
            with server.transaction():
                tx = Transaction(server, "postgres")
                index_ingest(tx, shown, pst_file_id, progress)
            made += 1
        progress("search index", done, len(indexed))
    return made


def _has_index(file: sqlite3.Connection) -> bool:
    # Somebody may have dropped it, to have it made again.
    query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'search_ingests'"
    return file.execute(query).fetchone() is not None
