"""A connection that is kept for several changes: to make one takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from postroom.archive.postgres import connect

Connection = psycopg.Connection[dict[str, Any]]


@contextmanager
def session(source_id: str, dsn: str, held: Connection | None = None) -> Iterator[Connection]:
    """Yield `held`, or a connection for this block alone; what is not committed is rolled back."""
    if held is None:
        with closing(connect(dsn, source_id)) as connection:
            yield connection
        return
    try:
        yield held
    finally:
        if not held.closed:
            held.rollback()
            held.isolation_level = None
