"""What the registry says of one source, asked as seldom as the stores allow.

A route may be old: the fences of the stores hold off whoever follows an old one, and that is when
the registry is asked again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postroom.archive.connection import Connection, connect
from postroom.archive.placement import Placement
from postroom.archive.source_registry import known_placement, placement_of
from postroom.archive.trouble import registry_told

FRESH_S: Final = 5.0
"""For how long an answer is followed. The fences would do without: it bounds for how long a file is
served that is an old copy, and a schema whose file was opened while it was gone."""

_CONNECT_TIMEOUT_S: Final = 5


class Route:
    """Where `source_id` is by the registry at `dsn`; may be used from several threads."""

    def __init__(
        self, source_id: str, dsn: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source_id, self._dsn, self._clock = source_id, dsn, clock
        self._lock = threading.Lock()
        self._begun = 0
        self._answer: Placement | None = None
        self._answered = 0
        self._asked_at: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is an answer to go by."""
        return self._asked_at is not None

    @property
    def answer(self) -> Placement | None:
        """The last answer; None if the registry does not have the source, or was not asked."""
        return self._answer

    @property
    def is_fresh(self) -> bool:
        """Whether the last answer may be followed without asking again."""
        if self._asked_at is None or not self.is_steady:
            return False
        return self._clock() - self._asked_at < FRESH_S

    @property
    def is_steady(self) -> bool:
        """Whether some store takes writes by the last answer."""
        return self._answer is None or self._answer.writes is not None

    def postpone(self) -> None:
        """Let others follow the last answer while one asks, or while nobody answers."""
        self._asked_at = self._clock()

    def forget(self) -> None:
        """Go by no answer before the registry was asked again."""
        self._asked_at = None

    def ask(self) -> Placement | None:
        """Ask the registry; the answer is of a moment after this call.

        Many who ask at the same time share an answer that was begun after all of them came. A
        source that is stuck between its stores is brought back to its former one, where
        `public.source_undo` is there for this user. Raises `Away` where PostgreSQL cannot be
        reached, `NotReadable` for a user who may not read the registry.
        """
        came = self._begun
        with self._lock:
            if self._answered > came:
                return self._answer
            self._begun += 1
            begun = self._begun
            answer = self._read()
            self._answer, self._answered, self._asked_at = answer, begun, self._clock()
            return answer

    def _read(self) -> Placement | None:
        with (
            closing(connect(self._conninfo(), self._source_id)) as connection,
            registry_told(self._source_id),
        ):
            connection.autocommit = True
            placement = known_placement(connection, self._source_id)
            if placement is not None and placement.is_stuck and self._undone(connection):
                placement = placement_of(connection, self._source_id)
        return placement

    def _conninfo(self) -> str:
        # A server that swallows packets must not keep those waiting whose file is here.
        try:
            given = conninfo_to_dict(self._dsn).get("connect_timeout")
        except psycopg.ProgrammingError:
            return self._dsn  # it is no DSN, and `connect` says so
        return make_conninfo(self._dsn, connect_timeout=given or _CONNECT_TIMEOUT_S)

    def _undone(self, connection: Connection) -> bool:
        try:
            row = connection.execute(
                "SELECT public.source_undo(%s) AS done", (self._source_id,)
            ).fetchone()
        except (psycopg.errors.UndefinedFunction, psycopg.errors.InsufficientPrivilege):
            return False  # postroom source recover does it, as an administrator
        return bool(row and row["done"])
