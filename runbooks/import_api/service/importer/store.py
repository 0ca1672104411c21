"""The imports: rows of `user_profiles`, which are the queue as well."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from importer.clock import now_text
from importer.pipelines import Result
from importer.schema import connect

ATTEMPTS: Final = 5

_CLAIM = """
UPDATE user_profiles
   SET full_pass_status = 'processing', claimed_by = :by, attempts = attempts + 1, is_held = 0,
       full_pass_started_at = coalesce(full_pass_started_at, :at)
 WHERE id = (SELECT id FROM user_profiles
              WHERE full_pass_status IN ('pending', 'processing') AND claimed_by IS NULL
                AND (is_held = 0 OR :held) ORDER BY created_at, id LIMIT 1)
RETURNING id, user_id, pipeline, storage_path, attempts
"""
_END = """
UPDATE user_profiles
   SET full_pass_status = :status, full_pass_error = :error, full_pass_completed_at = :at,
       soulprint = :soulprint, records = :records, size = :size, packed_size = :packed_size,
       claimed_by = NULL
 WHERE id = :id AND claimed_by = :by
"""


Values = tuple[object, ...] | dict[str, object]


@dataclass(frozen=True, slots=True)
class Import:
    """What a client asks for."""

    id: str
    user_id: str
    project_id: str | None
    pipeline: str
    storage_path: str
    soulprint: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """An import that one worker works on; nobody else can end it."""

    id: str
    user_id: str
    pipeline: str
    storage_path: str
    attempts: int
    by: str


class Store:
    """The database of one service; each thread has a connection of its own.

    Intake is durable: an import that was acknowledged is kept. Workers need not be, since work
    that a power cut takes away is done again.
    """

    def __init__(self, path: Path, *, is_durable: bool = True) -> None:
        self.path = path
        self._is_durable = is_durable
        self._local = threading.local()

    def add(self, wanted: Import) -> str:
        """Take an import in and return the pipeline that it has.

        The same id again changes nothing: a client that got no answer may ask again.
        """
        self._run(
            "INSERT INTO user_profiles (id, user_id, project_id, pipeline, storage_path,"
            " expected_soulprint, created_at) VALUES (:id, :user_id, :project_id, :pipeline,"
            " :storage_path, :soulprint, :at) ON CONFLICT (id) DO NOTHING",
            {**asdict(wanted), "at": now_text()},
        )
        row = self._run("SELECT pipeline FROM user_profiles WHERE id = ?", (wanted.id,)).fetchone()
        return str(row[0])

    def one(self, import_id: str) -> dict[str, object] | None:
        """Return an import as it stands, or None."""
        row = self._run("SELECT * FROM user_profiles WHERE id = ?", (import_id,)).fetchone()
        return dict(row) if row else None

    def claim(self, by: str, *, held: bool) -> Claim | None:
        """Take the oldest import that nobody works on; `held` ones only if asked for."""
        values = {"by": by, "at": now_text(), "held": held}
        rows = self._run(_CLAIM, values).fetchall()
        return Claim(**dict(rows[0]), by=by) if rows else None

    def complete(self, claim: Claim, result: Result) -> bool:
        """Say what a full pass found; False if the claim is no longer ours."""
        return self._end(claim, "complete", None, result)

    def fail(self, claim: Claim, error: str) -> bool:
        """Say why a full pass failed; False if the claim is no longer ours."""
        return self._end(claim, "failed", error, None)

    def hold(self, claim: Claim) -> None:
        """Leave an import where it is, in the middle of its work, with nobody working on it."""
        self._run(
            "UPDATE user_profiles SET is_held = 1, claimed_by = NULL, attempts = attempts - 1"
            " WHERE id = ? AND claimed_by = ?",
            (claim.id, claim.by),
        )

    def release(self, claim: Claim) -> None:
        """Give an import back that was not worked on to the end."""
        self._run(
            "UPDATE user_profiles SET claimed_by = NULL, attempts = attempts - 1"
            " WHERE id = ? AND claimed_by = ?",
            (claim.id, claim.by),
        )

    def release_others(self, incarnation: str) -> int:
        """Free the claims of processes before this one, which are dead; return how many."""
        return self._run(
            "UPDATE user_profiles SET claimed_by = NULL"
            " WHERE claimed_by IS NOT NULL AND claimed_by NOT LIKE ? || '/%'",
            (incarnation,),
        ).rowcount

    def counts(self) -> list[tuple[str, str, int]]:
        """Return how many imports there are by pipeline and status."""
        rows = self._run(
            "SELECT pipeline, full_pass_status, count(*) FROM user_profiles GROUP BY 1, 2"
            " ORDER BY 1, 2",
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def set_thresholds(
        self, *, stuck_after_s: float, quick_s: float, slow_after_s: float, hour_s: float
    ) -> None:
        """Change what counts as stuck, quick, slow and an hour, in seconds."""
        self._run(
            "UPDATE settings SET stuck_after_s = ?, quick_s = ?, slow_after_s = ?, hour_s = ?",
            (stuck_after_s, quick_s, slow_after_s, hour_s),
        )

    def close(self) -> None:
        """Close this thread's connection."""
        if (connection := getattr(self._local, "connection", None)) is not None:
            connection.close()
            self._local.connection = None

    def _end(self, claim: Claim, status: str, error: str | None, result: Result | None) -> bool:
        values: dict[str, object] = {"id": claim.id, "by": claim.by, "at": now_text()}
        values |= {"status": status, "error": error}
        for name in ("soulprint", "records", "size", "packed_size"):
            values[name] = getattr(result, name) if result else None
        return self._run(_END, values).rowcount == 1

    def _run(self, statement: str, values: Values = ()) -> sqlite3.Cursor:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self.path, is_durable=self._is_durable)
        return connection.execute(statement, values)
