"""Which source a request is about, and the archives of the sources that are served."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from postroom.api.access import Caller
from postroom.api.connections import Idle, Pooled
from postroom.api.errors import BadRequest, Forbidden, NotFound
from postroom.archive.archive import Archive
from postroom.archive.names import SOURCE_ID
from postroom.archive.placed import PlacedArchive
from postroom.archive.postgres import PostgresArchive
from postroom.commands.where import Where
from postroom.errors import Fenced


def named(headers: Sequence[str], parameters: Sequence[str], default: str) -> str:
    """Give the source that a request names by header, by `source_id=` or not at all.

    Raises `BadRequest` if it names two, or if what it names is no source id. Nothing falls back.
    """
    given = {*headers, *parameters}
    if len(given) > 1:
        raise BadRequest(
            "two sources are named",
            where="the source header and source_id=",
            why="they differ, and a request is about one source",
            remedy="send one of them, or the same in both",
        )
    source_id = given.pop() if given else default
    if not SOURCE_ID.fullmatch(source_id):
        raise BadRequest(
            "this is no source id",
            where="the source header or source_id=",
            why="a source id is 1 to 40 of A-Z a-z 0-9 . _ - and begins with a letter or a digit",
            remedy="ask whoever made the source for its id",
        )
    return source_id


def check_seen(caller: Caller, source_id: str) -> None:
    """Raise `Forbidden` for a source that is not the caller's, whether there is one or not."""
    if not caller.sees(source_id):
        raise Forbidden(
            "this token is not for that source",
            where=f"token {caller.name}",
            why="its entry names other sources",
            remedy="name one of its sources by the source header",
        )


class Sources:
    """Opens the archive of each source once, when it is first asked for."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._idle = Idle()
        self._lock = threading.Lock()
        self._open: dict[str, Archive] = {}

    def archive(self, source_id: str) -> Archive:
        """Give the archive of a source; raises `BadRequest` for one that is not there."""
        known = self._open.get(source_id)
        if known is not None:
            return known
        where = self._where
        if not where.place().has_source(source_id):
            raise BadRequest(
                "there is no such source",
                where=f"source {source_id}",
                why="this service has no archive of that id",
                remedy="postroom ingest FILE --source ID makes one",
            )
        archive: Archive
        if where.registry is None:
            archive = self._pooled(replace(where, source_id=source_id).archive())
        else:
            archive = PlacedArchive(source_id, where.home, where.registry, self._pooled)
        with self._lock:
            return self._open.setdefault(source_id, archive)

    def shown(self, source_id: str, generation: int) -> Archive:
        """Give a generation of a source to look at; raises `NotFound` if there is none."""
        dsn = self._where.registry or self._where.dsn
        served = self.archive(source_id)
        is_moving = not isinstance(served, PlacedArchive) or served.placement() is not None
        if dsn is not None and is_moving:
            archive = PostgresArchive(source_id, dsn, generation, is_shown=True)
            with suppress(Fenced), archive.reading():
                return self._pooled(archive)
        raise NotFound(
            "there is no such generation",
            where=f"header X-Generation, source {source_id}",
            why="PostgreSQL has no schema of it, or this service has no PostgreSQL",
            remedy="postroom source status SOURCE lists the attempts and their generations",
        )

    def _pooled(self, archive: Archive) -> Pooled:
        return Pooled(archive, self._idle)

    def close(self) -> None:
        """Close every connection that waits."""
        self._idle.close()
