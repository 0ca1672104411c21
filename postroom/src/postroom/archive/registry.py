"""Finds the archive of a source."""

from __future__ import annotations

from pathlib import Path

from postroom.archive.archive import Archive
from postroom.archive.names import check_source_id
from postroom.archive.postgres import open_postgres, postgres_sources
from postroom.archive.sqlite import open_sqlite, sqlite_sources


def open_archive(source_id: str, *, home: Path, dsn: str | None, create: bool = True) -> Archive:
    """Open the archive of `source_id`: in PostgreSQL if `dsn` is given, else a file under `home`.

    With `create` it is made if it is not there, and brought to this program's version. There is no
    falling back from one engine to the other. Raises `WrongUsage` for an id that is none,
    `NotReadable` for an archive that is not there (without `create`), cannot be reached or is of a
    newer program.
    """
    check_source_id(source_id)
    if dsn is None:
        return open_sqlite(source_id, home, create=create)
    return open_postgres(source_id, dsn, create=create)


def sources(*, home: Path, dsn: str | None) -> list[str]:
    """List the ids of all sources that there are, sorted."""
    return sqlite_sources(home) if dsn is None else postgres_sources(dsn)
