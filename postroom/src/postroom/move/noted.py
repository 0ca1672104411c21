"""What was done to a source and has ended, noted beside the registry where `status` reads it."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

_HERE: Final = "SELECT to_regclass('public.source_moves') IS NOT NULL AS here"
_NOTE: Final = """INSERT INTO public.source_moves
    (source_id, generation, step, ended_at, outcome, detail) VALUES (%s, %s, %s, now(), %s, %s)"""


def note(
    connection: psycopg.Connection[dict[str, Any]],
    source_id: str,
    generation: int,
    *,
    step: str,
    outcome: str,
    detail: dict[str, Any],
) -> None:
    """Note a step that is over; part of the caller's transaction.

    Without the table, which `postroom source bootstrap` makes, nothing is noted.
    """
    (row,) = connection.execute(_HERE).fetchall()
    if row["here"]:
        connection.execute(_NOTE, (source_id, generation, step, outcome, Jsonb(detail)))
