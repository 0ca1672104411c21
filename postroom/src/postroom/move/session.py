"""A connection that is kept for several changes: to make one takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postroom.archive.connection import Connection, connect

# A pass holds the file's lock: a server that falls silent must not hold it for hours.
_GIVES_UP: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


@contextmanager
def session(source_id: str, dsn: str, held: Connection | None = None) -> Iterator[Connection]:
    """Yield `held`, or a connection for this block alone; what is not committed is rolled back."""
    if held is None:
        with closing(connect(impatient(dsn), source_id)) as connection:
            yield connection
        return
    try:
        yield held
    finally:
        if not held.closed:
            held.rollback()
            held.isolation_level = None


def impatient(dsn: str) -> str:
    """Let a connection end within seconds when its server is silent, unless the DSN says how."""
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return dsn  # to connect says so
    return make_conninfo(dsn, **{name: to for name, to in _GIVES_UP.items() if name not in given})
