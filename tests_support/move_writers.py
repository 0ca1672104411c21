"""A source with a SQLite file and a place in PostgreSQL, and people who write to it as it moves."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from postroom.archive import Archive, Transaction, open_archive
from postroom.archive.placement import Placement
from postroom.archive.source_registry import placement_of
from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.errors import Away, NotReadable
from postroom.move.bootstrap import bootstrap
from postroom.store import FolderStore
from tests_support.api_mails import Filled, fill
from tests_support.mails import NOW

_AGAIN, _DELETED = 0.5, 0.3
_BETWEEN_S = 0.01
_NOTE = """INSERT INTO item_notes (id, email_id, author, body, pinned, created_at, updated_at)
    VALUES (:id, :email_id, 'w', :body, :pinned, :now, :now) ON CONFLICT (id) DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Moving:
    """A source that `bootstrap` has made known: its file, and the DSN of the administrator."""

    file: SqliteArchive
    dsn: str
    filled: Filled

    @property
    def source_id(self) -> str:
        """Its id."""
        return self.file.source_id

    def placement(self) -> Placement:
        """What the registry says."""
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            found = placement_of(connection, self.source_id)
        if found is None:
            raise AssertionError(f"{self.source_id} has no row")
        return found

    def serving(self) -> Archive:
        """The source as a service opens it: it follows the registry."""
        home = self.file.path.parent.parent
        return open_archive(self.source_id, home=home, dsn=None, registry=self.dsn, create=False)

    def notes(self) -> dict[str, str]:
        """Every note by id, from the store that is read."""
        with self.serving().reading() as tx:
            return {row["id"]: row["body"] for row in tx.rows("SELECT id, body FROM item_notes")}

    def fence_is_open(self) -> bool:
        """Whether the file takes writes."""
        with closing(sqlite3.connect(self.file.path)) as connection:
            row = connection.execute("SELECT is_open FROM move_fence").fetchone()
        return row is None or bool(row[0])


def moving(source_id: str, home: Path, dsn: str, *, mails: int = 12) -> Moving:
    """Make a source with a few mails and make it known in PostgreSQL."""
    file = open_sqlite(source_id, home, create=True)
    filled = fill(file, FolderStore(home / "store"), count=mails)
    bootstrap(source_id, home=home, admin_dsn=dsn)
    return Moving(file, dsn, filled)


@dataclass(eq=False)
class Writer(threading.Thread):
    """Writes, changes and deletes notes of its own, and knows what was acknowledged.

    A write whose answer was lost is made again under the same id, as a client with an
    `Idempotency-Key` does.
    """

    source: Moving
    number: int
    acknowledged: dict[str, str | None] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    longest_pause_s: float = 0.0
    broken: list[BaseException] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        threading.Thread.__init__(self)
        self.archive = self.source.serving()

    def run(self) -> None:
        """Write until it is told to stop."""
        drawn = random.Random(self.number)
        last = time.perf_counter()
        try:
            for turn in range(10**9):
                if self.stopping.is_set():
                    return
                key, body = self._drawn(drawn, turn)
                if not self._written(key, body):
                    return
                self.acknowledged[key] = body
                now = time.perf_counter()
                self.longest_pause_s = max(self.longest_pause_s, now - last)
                self.stopping.wait(_BETWEEN_S)
                last = time.perf_counter()
        except BaseException as error:  # noqa: BLE001  # the test raises it again
            self.broken.append(error)

    def _drawn(self, drawn: random.Random, turn: int) -> tuple[str, str | None]:
        here = [key for key, body in self.acknowledged.items() if body is not None]
        if here and drawn.random() < _AGAIN:
            return drawn.choice(here), None if drawn.random() < _DELETED else f"{turn} changed"
        return str(UUID(int=drawn.getrandbits(128), version=4)), f"{turn} \\ \t new\n"

    def _written(self, key: str, body: str | None) -> bool:
        while True:
            try:
                with self.archive.transaction() as tx:
                    self._write(tx, key, body)
            except (Away, NotReadable):
                if self.stopping.is_set():
                    self.unsure.add(key)
                    return False
                self.stopping.wait(0.005)
            else:
                return True

    def _write(self, tx: Transaction, key: str, body: str | None) -> None:
        if body is None:
            tx.change("DELETE FROM item_notes WHERE id = :id", id=key)
        elif self.acknowledged.get(key) is not None:
            tx.change("UPDATE item_notes SET body = :body WHERE id = :id", id=key, body=body)
        else:
            mails = self.source.filled.ids
            row: dict[str, Any] = {"id": key, "email_id": mails[self.number % len(mails)]}
            tx.change(_NOTE, **row, body=body, pinned=bool(self.number % 2), now=NOW)


@contextmanager
def writers(source: Moving, count: int = 2) -> Iterator[list[Writer]]:
    """Let some write; at the end each has stopped, and what broke one of them is raised."""
    started = [Writer(source, number) for number in range(count)]
    for writer in started:
        writer.start()
    try:
        yield started
    finally:
        for writer in started:
            writer.stopping.set()
        for writer in started:
            writer.join()
    for writer in started:
        if writer.broken:
            raise writer.broken[0]


def written(each: list[Writer], enough: int) -> None:
    """Wait until each has had so many more writes acknowledged."""
    for writer in each:
        goal = len(writer.acknowledged) + enough
        while len(writer.acknowledged) < goal and not writer.broken:
            writer.stopping.wait(0.01)


def lost(source: Moving, each: list[Writer]) -> list[str]:
    """List what is not as it was acknowledged, in the store that is read now."""
    found = source.notes()
    wanted: dict[str, str | None] = {}
    for writer in each:
        wanted |= writer.acknowledged
    unsure = {key for writer in each for key in writer.unsure}
    wrong = [key for key, body in wanted.items() if found.get(key) != body]
    known = {key for writer in each for key in writer.acknowledged}
    extra = [key for key, body in found.items() if key not in known and body != "alpha note"]
    return [key for key in wrong + extra if key not in unsure]
