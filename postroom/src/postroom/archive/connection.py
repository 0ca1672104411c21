"""A connection to PostgreSQL whose rows come by name."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from postroom.errors import Away, NotReadable

Connection = psycopg.Connection[dict[str, Any]]


def connect(conninfo: str, source_id: str) -> Connection:
    """Connect with rows by name; raises `Away` or, for what is no DSN, `NotReadable`."""
    try:
        return Connection.connect(conninfo, row_factory=dict_row)
    except psycopg.OperationalError as error:
        # libpq's messages name host, user and database, never a password.
        raise Away(
            "PostgreSQL cannot be reached",
            where=f"source {source_id}",
            why=" ".join(str(error).split()),
            remedy="check the server and the DSN in the variable that --dsn env:NAME names",
        ) from error
    except psycopg.ProgrammingError as error:
        raise NotReadable(
            "this is no DSN of PostgreSQL",
            where=f"source {source_id}",
            why="libpq cannot parse it; it is not shown, since it may hold a password",
            remedy="postgresql://user@host:5432/database",
        ) from error
