"""Which failures are tried again, and when."""

from __future__ import annotations

import sqlite3
from collections import Counter

import psycopg
import pytest
import sqlalchemy.exc

from postroom.archive.fence import CLOSED
from postroom.errors import (
    AlreadyCompleted,
    Away,
    ChildEnded,
    ClaimHeld,
    DiskRefused,
    NoSuchObject,
    NotReadable,
    StoreAway,
)
from postroom.pipeline.retry import Backoff, Kind, Patience, kind_of


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ClaimHeld("x"), "held"),
        (AlreadyCompleted("x"), "completed"),
        (Away("x"), "away"),
        (StoreAway("x"), "away"),
        (NoSuchObject("k", "x"), "final"),
        (NotReadable("x"), "final"),
        (ChildEnded("x"), "again"),
        (DiskRefused("x"), "again"),
        (MemoryError(), "again"),
        (KeyError("x"), "again"),
        (OSError(28, "x"), "again"),
        (psycopg.OperationalError("x"), "away"),
        (sqlite3.OperationalError("x"), "away"),
        (sqlite3.IntegrityError("x"), "again"),
        (sqlalchemy.exc.OperationalError("x", {}, psycopg.OperationalError("x")), "away"),
        (sqlalchemy.exc.IntegrityError("x", {}, psycopg.IntegrityError("x")), "again"),
        (sqlalchemy.exc.IntegrityError("x", {}, sqlite3.IntegrityError(CLOSED)), "away"),
        (
            sqlalchemy.exc.ProgrammingError("x", {}, psycopg.errors.InsufficientPrivilege("x")),
            "away",
        ),
    ],
)
def test_each_failure_has_its_kind(error: BaseException, kind: Kind) -> None:
    """What cannot get better is not tried again; what is away is waited for."""
    assert kind_of(error) == kind


def test_waits_double_up_to_a_limit_and_end() -> None:
    """Exponential and bounded."""
    backoff = Backoff(6, first_s=1.0, most_s=5.0)
    assert [backoff.wait_s(n) for n in range(1, 8)] == [1.0, 2.0, 4.0, 5.0, 5.0, None, None]


def test_a_database_may_be_away_for_ten_minutes() -> None:
    """With the defaults, and without using up the tries of what fails."""
    waits = [Patience().wait_s("away", Counter({"away": n})) for n in range(1, 17)]
    assert waits[-1] is None
    assert sum(wait or 0 for wait in waits) >= 600
    assert Patience().wait_s("again", Counter({"away": 15, "again": 1})) == 1.0
    assert Patience().wait_s("final", Counter({"final": 1})) is None
