"""How far one store is behind the other."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from postroom.archive.connection import Connection


@dataclass(frozen=True, slots=True)
class Lag:
    """What one store has and the other has not got yet; None where it could not be seen.

    `oldest_s` is how long ago the oldest of it was written; None if there is nothing.
    """

    entries: int | None = None
    oldest_s: float | None = None


def lag_of(connection: Connection, schema: str) -> Lag:
    """Count what the log of `schema` holds, in the caller's transaction."""
    query = sql.SQL(
        "SELECT count(*) AS entries, extract(epoch FROM clock_timestamp() - min(logged_at))"
        "::float8 AS oldest_s FROM {}.move_log"
    )
    (row,) = connection.execute(query.format(sql.Identifier(schema))).fetchall()
    return Lag(**row)
