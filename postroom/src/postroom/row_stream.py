"""The rows of a query one after the other, however many they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Row, for_postgres

_FETCHED_AT_ONCE: Final = 2000


def streamed(
    archive: Archive, sql: str, *, at_once: int = _FETCHED_AT_ONCE, **parameters: object
) -> Iterator[Row]:
    """Yield each row of `sql` as of the moment it began, in a transaction of its own.

    Other connections may write meanwhile. At most `at_once` rows are held: fewer where they are
    large.
    """
    with archive.reading() as tx:
        if tx.backend == "sqlite":
            yield from tx.connection.execute(sql, parameters)
            return
        # A named cursor stays on the server: psycopg would fetch the whole result at once.
        with tx.connection.cursor(name="streamed") as cursor:
            cursor.itersize = at_once
            yield from cursor.execute(for_postgres(sql), parameters)
