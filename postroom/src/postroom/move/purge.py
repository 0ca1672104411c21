"""Deletes the store that a source has left, in the name of somebody who approves of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from postroom.archive.connection import Connection, connect
from postroom.archive.fence import build_fence, close_fence
from postroom.archive.names import file_name, schema_name
from postroom.archive.placement import Placement
from postroom.archive.source_registry import known_placement
from postroom.archive.sqlite import open_sqlite
from postroom.archive.transaction import Backend
from postroom.archive.trouble import told
from postroom.errors import DiskRefused
from postroom.move.attempts import note_ended
from postroom.move.generations import generations
from postroom.move.lock import hold
from postroom.move.return_refusals import NotThere, owned

_FOR_EVER: Final = 2**62
"""An epoch that no registry reaches: nobody opens such a fence, nor takes it for the source's."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted: the names of schemas, or of the file; nothing if there was nothing."""

    source_id: str
    store: Backend
    deleted: tuple[str, ...]
    by: str

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return {
            "source_id": self.source_id,
            "store": self.store,
            "deleted": list(self.deleted),
            "by": self.by,
        }


def purge(source_id: str, store: Backend, *, home: Path, dsn: str, by: str) -> Purged:
    """Delete what `store` holds of a source and does not serve; PostgreSQL: but its generation.

    With the file ends the way of a fast rollback; an empty one that is closed for ever stays in its
    place: who never heard of the move would make a new one there, and take writes. Raises
    `NotThere` for the store that serves, while the source is between its stores, and without a
    registry; `MoveHeld` while it moves.
    """
    with told(f"source {source_id}"), owned(source_id), closing(connect(dsn, source_id)) as server:
        server.autocommit = True
        hold(server, source_id)
        with server.transaction():
            placement = _left(server, source_id, store)
            if store == "postgres":
                deleted = _drop(server, source_id, placement)
            else:
                deleted = _unlink(home / "sources" / file_name(source_id))
                _leave_a_fence(source_id, home)
            note_ended(
                server,
                source_id,
                placement.generation,
                step="purge",
                outcome="purged",
                detail={"by": by, "deleted": list(deleted)},
            )
    return Purged(source_id, store, deleted, by)


def _left(server: Connection, source_id: str, store: Backend) -> Placement:
    """Give the row of a source, held against a change, if `store` is not needed by it."""
    found = known_placement(server, source_id, lock="FOR UPDATE")
    if found is None:
        raise NotThere(source_id, "nothing is purged", "the registry has no row of it")
    if found.writes is None:
        why = f"the registry says {found.owner}: the source is between its stores"
        raise NotThere(source_id, "nothing is purged", why)
    if store == "sqlite" and found.owner == "sqlite":
        raise NotThere(source_id, "nothing is purged", "the source is served from its file")
    return found


def _drop(server: Connection, source_id: str, placement: Placement) -> tuple[str, ...]:
    serves = placement.generation if placement.owner == "postgres" else None
    names = [schema_name(source_id, n) for n in generations(server, source_id) if n != serves]
    for name in names:
        server.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
    return tuple(names)


def _unlink(path: Path) -> tuple[str, ...]:
    try:
        found = [each for end in ("", "-wal", "-shm") if (each := Path(f"{path}{end}")).exists()]
        for each in found:
            each.unlink()
    except OSError as error:
        raise DiskRefused(
            "the file cannot be deleted",
            where=str(path),
            why=error.strerror or str(error),
            remedy="run the command again as a user who may",
        ) from error
    return tuple(str(each) for each in found)


def _leave_a_fence(source_id: str, home: Path) -> None:
    with closing(open_sqlite(source_id, home, create=True).connect()) as stub, stub:
        build_fence(stub, 1)
        close_fence(stub, _FOR_EVER)
