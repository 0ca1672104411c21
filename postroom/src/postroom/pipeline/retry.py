"""What becomes of a task that failed: which failures are tried again, when, and how often."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import psycopg

from cutline.errors import Problem
from postroom.archive.trouble import is_fenced
from postroom.errors import (
    AlreadyCompleted,
    Away,
    ChildEnded,
    ClaimHeld,
    DiskRefused,
    StoreAway,
)

Kind = Literal["done", "held", "completed", "away", "again", "final", "ended"]
"""How a task came out.

done: well. held: somebody else has the claim. completed: the ingest was completed before. away: a
database or a store could not be reached. again: it may go better next time. final: the same again
would fail again. ended: this worker ended it.
"""

_MOST_S: Final = 60.0
_SEEN_CAUSES: Final = 8


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double: `first_s`, twice that, …, at most `most_s`; `attempts` in all."""

    attempts: int
    first_s: float = 1.0
    most_s: float = _MOST_S

    def wait_s(self, failures: int) -> float | None:
        """How long to wait after the `failures`-th failure; None where there is no other try."""
        if failures >= self.attempts:
            return None
        return float(min(self.first_s * 2 ** (failures - 1), self.most_s))


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a task is tried; what is away is waited for longer than what fails.

    With the defaults a database may be away for ten minutes.
    """

    again: Backoff = Backoff(5)
    away: Backoff = Backoff(16)

    def wait_s(self, kind: Kind, failures: Mapping[Kind, int]) -> float | None:
        """How long to wait after a failure of `kind`; None where it is the last."""
        match kind:
            case "again":
                return self.again.wait_s(failures[kind])
            case "away":
                return self.away.wait_s(failures[kind])
            case _:
                return None


def kind_of(error: BaseException) -> Kind:
    """Judge what a task raised."""
    match error:
        case ClaimHeld():
            return "held"
        case AlreadyCompleted():
            return "completed"
        case Away() | StoreAway():
            return "away"
        case ChildEnded() | DiskRefused() | MemoryError():
            return "again"
        case Problem():
            return "final"
    causes = list(_with_origins(error))
    is_away = any(isinstance(one, _DATABASE_IS_AWAY) or is_fenced(one) for one in causes)
    return "away" if is_away else "again"


_DATABASE_IS_AWAY: Final = (sqlite3.OperationalError, psycopg.OperationalError)


def _with_origins(error: BaseException) -> Iterator[BaseException]:
    """An error and what lies behind it: SQLAlchemy keeps the driver's error as `orig`."""
    seen: BaseException | None = error
    for _ in range(_SEEN_CAUSES):
        if seen is None:
            return
        yield seen
        origin = getattr(seen, "orig", None) or seen.__cause__
        seen = origin if isinstance(origin, BaseException) else None
