"""An archive whose connections are used again: what a service does that asks all the time."""

from __future__ import annotations

import contextlib
import os
import select
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from postroom.api.through import Through
from postroom.archive.archive import Archive
from postroom.archive.transaction import Transaction
from postroom.archive.trouble import told

_BUSY_S: Final = 10
"""How long a request waits for another writer of a SQLite file before it is told to come again."""


class Idle:
    """Connections that nobody uses now, of all sources together: at most `most`."""

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, Any]] = deque()

    def take(self, source_id: str) -> Any:  # noqa: ANN401  # sqlite3 or psycopg connection
        """Give the one of that source that was used last, or None."""
        with self._lock:
            for entry in reversed(self._waiting):
                if entry[0] == source_id:
                    self._waiting.remove(entry)
                    return entry[1]
        return None

    def put(self, source_id: str, connection: Any) -> None:  # noqa: ANN401  # likewise
        """Keep a connection; who waited longest is closed where there are too many."""
        with self._lock:
            self._waiting.append((source_id, connection))
            surplus = self._waiting.popleft()[1] if len(self._waiting) > self._most else None
        if surplus is not None:
            surplus.close()

    def close(self) -> None:
        """Close all of them."""
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
        for _, connection in waiting:
            connection.close()


class Pooled(Through):
    """The archive `archive`, with connections out of `idle`. See `Archive` for the promises."""

    def __init__(self, archive: Archive, idle: Idle) -> None:
        super().__init__(archive)
        self._idle = idle
        self._file = getattr(archive, "path", None)
        self._schema = getattr(archive, "schema", "")

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `Archive.transaction`."""
        with told(f"source {self.source_id}"), self._borrowed() as connection:
            if self.backend == "sqlite":
                connection.execute("PRAGMA query_only = OFF")
                connection.execute("BEGIN IMMEDIATE")
                with connection:
                    yield self._admitted(connection, writes=True)
            else:
                connection.read_only = False
                connection.isolation_level = None
                with connection.transaction():
                    yield self._admitted(connection, writes=True)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See `Archive.reading`."""
        with told(f"source {self.source_id}"), self._borrowed() as connection:
            if self.backend == "sqlite":
                connection.execute("PRAGMA query_only = ON")
                connection.execute("BEGIN")
                with connection:
                    yield self._admitted(connection, writes=False)
            else:
                connection.read_only = True
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                with connection.transaction():
                    yield self._admitted(connection, writes=False)

    def _admitted(self, connection: Any, *, writes: bool) -> Transaction:  # noqa: ANN401  # of two drivers
        tx = Transaction(connection, self.backend)
        self.admit(tx, writes=writes)
        return tx

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        connection, key = self._usable()
        try:
            yield connection
        finally:
            if _is_clean(connection):
                self._idle.put(key, connection)
            else:
                with contextlib.suppress(Exception):  # it is broken already
                    connection.close()

    def _usable(self) -> tuple[Any, str]:
        key = self._key()
        while (connection := self._idle.take(key)) is not None:
            if _is_alive(connection):
                return connection, key
            connection.close()
        connection = self._archive.connect()
        if isinstance(connection, sqlite3.Connection):
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_S * 1000}")
        else:
            connection.autocommit = True  # transactions are begun by name
        return connection, key

    def _key(self) -> str:
        # A SQLite file that was put in the place of another one is another database, and so is
        # each generation of a source in PostgreSQL.
        if self._file is None:
            return f"{self.source_id} {self._schema}"
        try:
            found = os.stat(self._file)  # noqa: PTH116  # a Path or nothing
        except OSError:
            return f"{self.source_id} gone"
        return f"{self.source_id} {found.st_dev}:{found.st_ino}"


def _is_clean(connection: Any) -> bool:  # noqa: ANN401  # of two drivers
    if isinstance(connection, sqlite3.Connection):
        return not connection.in_transaction
    idle = psycopg.pq.TransactionStatus.IDLE
    return not connection.closed and connection.info.transaction_status == idle


def _is_alive(connection: Any) -> bool:  # noqa: ANN401  # of two drivers
    """Say whether the other end is still there; a server that closed the line has made it readable.

    It asks no question, so a line that died in silence is found out by the next statement.
    """
    if isinstance(connection, sqlite3.Connection):
        return True
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
