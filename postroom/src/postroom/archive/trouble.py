"""What a database says when it cannot, as errors for people. None of them quotes a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from cutline.errors import Problem
from postroom.archive.fence import CLOSED
from postroom.errors import Away, DiskRefused, Fenced, NotReadable

_ROOM: Final = "make room on the disk of the archive, then run the command again"
_AGAIN: Final = "check the server, then run the command again: what was not committed is not there"

_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

# Classes of SQLSTATE: connection exceptions, operator intervention.
_LOST: Final = ("08", "57")


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn a full disk, a locked, broken or fenced store and a lost server into a `Problem`.

    Errors of a statement itself, such as a broken constraint, pass as they are.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        problem = _of_sqlite(error, where)
        if problem is None:
            raise
        raise problem from error
    except psycopg.OperationalError as error:
        raise _of_postgres(error, where) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise _fenced(where, error.diag.message_primary or "permission denied") from error


@contextmanager
def registry_told(source_id: str) -> Iterator[None]:
    """Turn a registry that went away, or may not be read, into a `Problem`."""
    where = f"source {source_id}: public.source_registry"
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotReadable(
            "the registry may not be read",
            where=where,
            why=error.diag.message_primary or "permission denied",
            remedy="postroom source bootstrap SOURCE, with POSTROOM_DSN and POSTROOM_ADMIN_DSN set,"
            " lets the service's user read it",
        ) from error
    except psycopg.OperationalError as error:
        raise _of_postgres(error, where) from error


def is_fenced(error: BaseException) -> bool:
    """Say whether a driver was told that this store is closed."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return True
    return isinstance(error, sqlite3.DatabaseError) and str(error) == CLOSED


def _of_sqlite(error: sqlite3.DatabaseError, where: str) -> Problem | None:
    # The lower byte is the error, the rest is its kind. Errors of the driver itself have none.
    code = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF
    why = str(error)
    if why == CLOSED:
        return _fenced(where, "its fence is closed")
    if kind in _FULL:
        return DiskRefused("the archive cannot be written", where=where, why=why, remedy=_ROOM)
    if kind in _BUSY:
        return Away(
            "the archive is locked by another writer",
            where=where,
            why=why,
            remedy="postroom status shows what is in progress; then run the command again",
        )
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return NotReadable(
            "the archive is damaged",
            where=where,
            why=why,
            remedy="restore it from a backup; ingest again what came after",
        )
    return None


def _fenced(where: str, why: str) -> Fenced:
    return Fenced(
        "this source takes no writes here now",
        where=where,
        why=why,
        remedy="postroom source status SOURCE says where it lives and what comes next",
    )


def _of_postgres(error: psycopg.OperationalError, where: str) -> Problem:
    why = error.diag.message_primary or " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, psycopg.errors.DiskFull):
        return DiskRefused("the archive cannot be written", where=where, why=why, remedy=_ROOM)
    is_lost = error.sqlstate is None or error.sqlstate[:2] in _LOST
    what = "PostgreSQL went away" if is_lost else "PostgreSQL cannot do this"
    return Away(what, where=where, why=why, remedy=_AGAIN)
