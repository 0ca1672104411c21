"""Snapshots of each store that a source has."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

from postroom.archive.connection import connect
from postroom.archive.names import check_source_id, file_name
from postroom.archive.placement import Placement
from postroom.archive.source_registry import known_placement
from postroom.archive.sqlite import open_sqlite
from postroom.archive.transaction import Backend
from postroom.errors import NotReadable
from postroom.move.generations import generations
from postroom.move.snapshot import Snapshot
from postroom.move.snapshot_postgres import snapshot_schema
from postroom.move.snapshot_sqlite import snapshot_file
from postroom.progress import Progress


def snapshots(  # what is taken of what
    source_id: str,
    *,
    home: Path,
    dsn: str | None,
    folder: Path,
    only: Collection[Backend],
    progress: Progress,
) -> list[Snapshot]:
    """Take a proven snapshot of the file and of the schema that serves or last did.

    Raises `NotReadable` if the source has none of `only`, and what taking one raises.
    """
    check_source_id(source_id)
    taken: list[Snapshot] = []
    placement, row = _registered(source_id, dsn)
    if "sqlite" in only and (home / "sources" / file_name(source_id)).exists():
        file = open_sqlite(source_id, home, create=False)
        taken.append(snapshot_file(file, folder, progress, row))
    if "postgres" in only and placement is not None and dsn is not None:
        taken.append(snapshot_schema(source_id, dsn, placement, folder, progress))
    if not taken:
        raise NotReadable(
            "there is nothing to take a snapshot of",
            where=f"source {source_id}",
            why=f"it has no file under {home} and no schema that --admin-dsn leads to",
            remedy="postroom source status SOURCE says where it lives",
        )
    return taken


def _registered(source_id: str, dsn: str | None) -> tuple[Placement | None, dict[str, Any] | None]:
    """Read the row of a source; no placement if it has no schema of that generation."""
    if dsn is None:
        return None, None
    with closing(connect(dsn, source_id)) as connection:
        found = known_placement(connection, source_id)
        if found is None:
            return None, None
        query = "SELECT to_jsonb(r) AS row FROM public.source_registry r WHERE source_id = %s"
        (row,) = connection.execute(query, (source_id,)).fetchall()
        has_schema = found.generation in generations(connection, source_id)
    return (found if has_schema else None), row["row"]
