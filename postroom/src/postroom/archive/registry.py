"""Finds the archive of a source."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from postroom.archive.archive import Archive
from postroom.archive.connection import connect
from postroom.archive.names import check_source_id, file_name
from postroom.archive.placed import open_placed
from postroom.archive.postgres import open_postgres, postgres_sources
from postroom.archive.source_registry import known_placement
from postroom.archive.sqlite import open_sqlite, sqlite_sources
from postroom.archive.trouble import registry_told


def open_archive(
    source_id: str,
    *,
    home: Path,
    dsn: str | None,
    registry: str | None = None,
    is_emergency: bool = False,
    create: bool = True,
) -> Archive:
    """Open the archive of `source_id`.

    With `dsn` it is in PostgreSQL; with `registry` where the registry at that DSN says, and in a
    file under `home` if it says nothing; else in that file. In an emergency the registry is not
    asked, a file whose fence is closed is read and not written, and none is made.

    With `create` it is made if it is nowhere, and brought to this program's version. There is no
    falling back from one engine to the other. Raises `WrongUsage` for an id that is none,
    `NotReadable` for an archive that is not there (without `create`), cannot be reached or is of a
    newer program.
    """
    check_source_id(source_id)
    if dsn is not None:
        return open_postgres(source_id, dsn, create=create)
    if is_emergency:
        # A new file would be a second home of a source whose file is elsewhere or was purged.
        return replace(open_sqlite(source_id, home, create=False), is_shown=True)
    if registry is not None:
        return open_placed(source_id, home, registry, create=create)
    return open_sqlite(source_id, home, create=create)


def sources(*, home: Path, dsn: str | None, registry: str | None = None) -> list[str]:
    """List the ids of all sources that there are, sorted."""
    if dsn is not None:
        return postgres_sources(dsn)
    found = set(sqlite_sources(home))
    if registry is not None:
        found.update(postgres_sources(registry))
    return sorted(found)


def is_source(source_id: str, *, home: Path, dsn: str | None, registry: str | None = None) -> bool:
    """Say whether there is a source of that id; a file is enough where the registry is away."""
    check_source_id(source_id)
    if dsn is None and (home / "sources" / file_name(source_id)).exists():
        return True
    asked = dsn or registry
    if asked is None:
        return False
    with closing(connect(asked, source_id)) as connection, registry_told(source_id):
        return known_placement(connection, source_id) is not None
