"""The registry: one row in PostgreSQL for each source, the only arbiter of where it lives."""

from __future__ import annotations

from typing import Final

from psycopg import sql

from postroom.archive.connection import Connection
from postroom.archive.placement import Placement

REGISTRY: Final = """CREATE TABLE IF NOT EXISTS public.source_registry (
    source_id  text PRIMARY KEY,
    owner      text NOT NULL CHECK (owner IN ('sqlite', 'freezing', 'postgres', 'returning')),
    epoch      bigint NOT NULL DEFAULT 1,
    generation integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now());
ALTER TABLE public.source_registry
    ADD COLUMN IF NOT EXISTS is_paused boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS changed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS carried bigint NOT NULL DEFAULT 0"""

_COLUMNS: Final = (
    "owner, epoch, generation, is_paused,"
    " extract(epoch FROM clock_timestamp() - changed_at)::float8 AS age_s"
)


def has_registry(connection: Connection) -> bool:
    """Say whether a source was made in this database, by a program that knows of moves."""
    row = connection.execute(
        "SELECT 1 AS here FROM pg_attribute WHERE attname = 'changed_at'"
        " AND attrelid = to_regclass('public.source_registry')"
    ).fetchone()
    return row is not None


def placement_of(connection: Connection, source_id: str, *, lock: str = "") -> Placement | None:
    """Read the row of a source, None if it has none; `lock` is `FOR SHARE` or `FOR UPDATE`.

    The connection has rows by name, and `has_registry` holds.
    """
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM public.source_registry WHERE source_id = %s {lock}".encode(),  # noqa: S608  # both are ours
        (source_id,),
    ).fetchone()
    return None if row is None else Placement(**row)


def known_placement(connection: Connection, source_id: str, *, lock: str = "") -> Placement | None:
    """Read the row of a source as `placement_of` does; None too where there is no registry."""
    return placement_of(connection, source_id, lock=lock) if has_registry(connection) else None


def registered_sources(connection: Connection) -> dict[str, Placement]:
    """Read every row, by source id."""
    query = f"SELECT source_id, {_COLUMNS} FROM public.source_registry ORDER BY source_id"  # noqa: S608  # ours
    rows = connection.execute(query.encode()).fetchall()
    return {row.pop("source_id"): Placement(**row) for row in rows}


def register(connection: Connection, source_id: str, placement: Placement) -> bool:
    """Add the row of a source; False if it has one already, which then stays as it is."""
    cursor = connection.execute(
        "INSERT INTO public.source_registry (source_id, owner, epoch, generation)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (source_id) DO NOTHING",
        (source_id, placement.owner, placement.epoch, placement.generation),
    )
    return cursor.rowcount == 1


def compare_and_set(
    connection: Connection, source_id: str, before: Placement, after: Placement
) -> bool:
    """Put `after` in the place of `before`; False if somebody else was quicker.

    Owner and epoch are compared. It is part of the caller's transaction.
    """
    cursor = connection.execute(
        "UPDATE public.source_registry SET owner = %s, epoch = %s, generation = %s,"
        " changed_at = clock_timestamp() WHERE source_id = %s AND owner = %s AND epoch = %s",
        (after.owner, after.epoch, after.generation, source_id, before.owner, before.epoch),
    )
    return cursor.rowcount == 1


def pause(connection: Connection, source_id: str, *, is_paused: bool) -> None:
    """Tell tasks not to begin on a source, or to go on."""
    connection.execute(
        "UPDATE public.source_registry SET is_paused = %s WHERE source_id = %s",
        (is_paused, source_id),
    )


def make_placement_view(connection: Connection, schema: str, source_id: str) -> None:
    """Make the view `placement` in `schema`, by which a source's role sees its own row alone."""
    connection.execute(
        sql.SQL(
            "CREATE OR REPLACE VIEW {}.placement AS SELECT owner, epoch, generation, is_paused"
            " FROM public.source_registry WHERE source_id = {}"
        ).format(sql.Identifier(schema), sql.Literal(source_id))
    )
