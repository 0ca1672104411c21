"""The attempts at moving a source: a row each, beside the registry, that says how far it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from postroom.archive.connection import Connection

ATTEMPTS: Final = """CREATE TABLE IF NOT EXISTS public.source_moves (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id  text NOT NULL,
    generation integer NOT NULL,
    step       text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    outcome    text,
    detail     jsonb NOT NULL DEFAULT '{}')"""

_READ: Final = """SELECT id, generation, step, outcome, detail,
    to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS started_at,
    to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_at,
    to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ended_at
    FROM public.source_moves WHERE source_id = %s ORDER BY id"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: the schema that it fills is of `generation`; `step` is the last one begun.

    `outcome` is None until it has ended. `detail` holds what was measured: counts, digests, rates,
    `pause_ms`, where snapshots lie.
    """

    id: int
    generation: int
    step: str
    started_at: str
    updated_at: str
    ended_at: str | None
    outcome: str | None
    detail: dict[str, Any]

    @property
    def is_open(self) -> bool:
        """Whether it has not come to its end."""
        return self.ended_at is None

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return asdict(self)


def has_attempts(connection: Connection) -> bool:
    """Say whether the table is there."""
    row = connection.execute(
        "SELECT to_regclass('public.source_moves') IS NOT NULL AS here"
    ).fetchone()
    return bool(row and row["here"])


def read_attempts(connection: Connection, source_id: str) -> list[Attempt]:
    """Read the attempts of a source, the oldest first; rows come by name."""
    if not has_attempts(connection):
        return []
    return [
        Attempt(**{**row, "detail": _parsed(row["detail"])})
        for row in connection.execute(_READ, (source_id,)).fetchall()
    ]


def _parsed(detail: object) -> Any:  # noqa: ANN401  # JSON, parsed or not by the connection
    return json.loads(detail) if isinstance(detail, str) else detail


def begin_attempt(connection: Connection, source_id: str, generation: int, step: str) -> Attempt:
    """Begin an attempt in a generation that no other had."""
    connection.execute(
        "INSERT INTO public.source_moves (source_id, generation, step) VALUES (%s, %s, %s)",
        (source_id, generation, step),
    )
    return read_attempts(connection, source_id)[-1]


def note_step(connection: Connection, attempt: Attempt, step: str) -> None:
    """Note that a step begins."""
    connection.execute(
        "UPDATE public.source_moves SET step = %s, updated_at = clock_timestamp() WHERE id = %s",
        (step, attempt.id),
    )


def note_detail(connection: Connection, attempt: Attempt, **measured: object) -> None:
    """Add what was measured; a name that is there gets its new value."""
    connection.execute(
        "UPDATE public.source_moves SET detail = detail || %s::jsonb,"
        " updated_at = clock_timestamp() WHERE id = %s",
        (json.dumps(measured), attempt.id),
    )


def end_attempt(connection: Connection, attempt: Attempt, outcome: str) -> None:
    """Note how an attempt ended; one that has ended keeps its outcome."""
    connection.execute(
        "UPDATE public.source_moves SET outcome = %s, ended_at = clock_timestamp(),"
        " updated_at = clock_timestamp() WHERE id = %s AND ended_at IS NULL",
        (outcome, attempt.id),
    )


def note_ended(
    connection: Connection,
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
    if has_attempts(connection):
        connection.execute(
            "INSERT INTO public.source_moves"
            " (source_id, generation, step, ended_at, outcome, detail)"
            " VALUES (%s, %s, %s, now(), %s, %s::jsonb)",
            (source_id, generation, step, outcome, json.dumps(detail)),
        )
