"""The probe `sql`, on real databases."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests_support.probing import NOW, asked

ROWS = """
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) AS total, array_agg(s ORDER BY s) AS seconds,
       avg(s) AS mean, sum(s) AS sum, 'a :from ''b'' :to'::text AS quoted, /* :side /* :to */ */
       $tag$ :from $tag$ AS dollar, max(at) AS "at:from"  -- :side
FROM jobs WHERE at >= :from AND at < :to AND side = :side AND :from::timestamptz IS NOT NULL
"""
RETURNS = {
    "ok": "int",
    "total": "int",
    "seconds": "list(double)",
    "mean": "double",
    "sum": "int",
    "quoted": "string",
    "dollar": "string",
    "at:from": "string",
}


@pytest.fixture
def jobs(postgres_dsn: str) -> str:
    """A database with jobs of both sides, within the span and before it."""
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("DROP TABLE IF EXISTS jobs")
        connection.execute("CREATE TABLE jobs (side text, ok boolean, s int, at timestamptz)")
        rows = [
            ("v2", True, 1, NOW - timedelta(minutes=15)),
            ("v2", False, 2, NOW - timedelta(minutes=1)),
            ("v2", True, 3, NOW),
            ("v2", True, 4, NOW - timedelta(hours=1)),
            ("v1", True, 5, NOW - timedelta(minutes=2)),
        ]
        connection.cursor().executemany("INSERT INTO jobs VALUES (%s, %s, %s, %s)", rows)
    return postgres_dsn


def sql(dsn: str, query: str, returns: dict[str, str], **more: object) -> dict[str, object]:
    """The probe as a plan writes it."""
    return {"sql": {"dsn": dsn, "query": query}, "returns": returns, **more}


def test_a_query_measures_one_side_over_its_span(jobs: str, tmp_path: Path) -> None:
    """`:from` is in the span and `:to` is not; colons in quotes, comments and casts stay."""
    found = asked(sql(jobs, ROWS, RETURNS), tmp_path, side="v2")
    assert found.values is not None, found.why
    assert found.values == {
        "ok": 1,
        "total": 2,
        "seconds": (1.0, 2.0),
        "mean": 1.5,
        "sum": 3,
        "quoted": "a :from 'b' :to",
        "dollar": " :from ",
        "at:from": found.values["at:from"],
    }
    assert isinstance(found.values["mean"], float)
    assert found.measured_at == NOW


def test_the_other_side_and_the_past_have_figures_of_their_own(jobs: str, tmp_path: Path) -> None:
    """The same query is asked for v1, and for a span of yesterday."""
    probe = sql(jobs, ROWS, {"total": "int"}, past=True)
    assert asked(probe, tmp_path, side="v1").values == {"total": 1}
    earlier = asked(
        probe,
        tmp_path,
        side="v2",
        since=NOW - timedelta(hours=2),
        until=NOW - timedelta(minutes=30),
        is_late=True,
    )
    assert earlier.values == {"total": 1}


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT 1 AS n FROM generate_series(1, 2)", "more than one"),
        ("SELECT 1 AS n WHERE false", "none"),
        ("SELECT 1 AS n, 2 AS n", "two columns of one name: n"),
        ("SELECT 'x' AS n", "n is declared int and came as str"),
        ("SELECT true AS n", "n is declared int and came as bool"),
        ("SELECT 1.5 AS n", "n is declared int and came as Decimal"),
        ("SELECT NULL::int AS n", "no n"),
        ("SELECT nope", "nope"),
        ("INSERT INTO jobs (s) VALUES (9) RETURNING s AS n", "read-only"),
        ("COMMIT; INSERT INTO jobs (s) VALUES (9) RETURNING s AS n", "multiple commands"),
        ("SELECT 1 AS n, pg_sleep(30)", "statement timeout"),
    ],
)
def test_what_is_no_single_typed_row_is_no_reading(
    query: str, why: str, jobs: str, tmp_path: Path
) -> None:
    """None of it passes as a measurement, and none of it writes."""
    found = asked(sql(jobs, query, {"n": "int"}, timeout="300ms"), tmp_path)
    assert found.values is None
    assert why in found.why
    with psycopg.connect(jobs) as connection:
        assert connection.execute("SELECT count(*) FROM jobs WHERE s = 9").fetchone() == (0,)


def test_a_frozen_server_ends_with_the_timeout(jobs: str, tmp_path: Path) -> None:
    """A backend that answers nothing, not even to its own timeout, does not hold a tick."""
    freeze = sql(jobs, "SELECT pg_backend_pid() AS pid, pg_sleep(:side::float)", {"pid": "int"})
    with psycopg.connect(jobs, autocommit=True) as other:
        found: list[object] = []
        probe = {**freeze, "timeout": "1s"}
        thread = threading.Thread(
            target=lambda: found.append(asked(probe, tmp_path, side="30")), daemon=True
        )
        thread.start()
        pid = None
        while pid is None:
            pid = other.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'cutline'"
                " AND query LIKE '%pg_sleep%' AND wait_event = 'PgSleep'"
            ).fetchone()
        os.kill(pid[0], signal.SIGSTOP)
        try:
            thread.join(10)
            assert not thread.is_alive()
            assert getattr(found[0], "values", "") is None
        finally:
            os.kill(pid[0], signal.SIGCONT)


def test_no_password_is_in_the_reason(tmp_path: Path) -> None:
    """Neither of the DSN nor of what the driver says of it."""
    dsn = "postgresql://cutline:hunter2secret@127.0.0.1:1/nope?connect_timeout=1"
    probe = sql("x", "SELECT 1 AS n", {"n": "int"})
    probe["sql"] = {"dsn": {"env": "PROBE_DSN"}, "query": "SELECT 1 AS n"}
    found = asked(probe, tmp_path, environ={"PROBE_DSN": dsn})
    assert found.values is None
    assert "hunter2secret" not in found.why
    unset = asked(probe, tmp_path)
    assert "the environment has no PROBE_DSN" in unset.why


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A SQLite file with jobs."""
    path = tmp_path / "jobs.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE jobs (side text, ok int, s real, at text)")
        rows = [
            ("v2", 1, 1.0, (NOW - timedelta(minutes=5)).isoformat()),
            ("v2", 0, 2.0, (NOW - timedelta(minutes=1)).isoformat()),
            ("v2", 1, 2.0, NOW.isoformat()),
            ("v1", 1, 2.0, (NOW - timedelta(minutes=1)).isoformat()),
        ]
        connection.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return path


def test_sqlite_answers_with_lists_as_json(archive: Path, tmp_path: Path) -> None:
    """A query file beside the plan, a path relative to it, and a list as JSON text."""
    (tmp_path / "q.sql").write_text(
        "SELECT sum(ok) AS ok, count(*) AS total, json_group_array(s) AS seconds, ':to' AS text"
        " FROM jobs WHERE side = :side AND at >= :from AND at < :to"
    )
    probe = {
        "sql": {"dsn": f"sqlite:///{archive.name}", "file": "q.sql"},
        "returns": {"ok": "int", "total": "int", "seconds": "list(double)", "text": "string"},
    }
    found = asked(probe, tmp_path, side="v2")
    assert found.values == {"ok": 1, "total": 2, "seconds": (1.0, 2.0), "text": ":to"}, found.why


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("DELETE FROM jobs RETURNING 1 AS n", "readonly"),
        ("SELECT 1 AS n; DELETE FROM jobs", "one statement"),
        (
            (
                "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
                " SELECT count(*) AS n FROM r"
            ),
            "longer than 0.2 s",
        ),
        ("SELECT '[1' AS n", "came as str"),
    ],
)
def test_sqlite_is_only_read(query: str, why: str, archive: Path, tmp_path: Path) -> None:
    """It is opened read-only, one statement, ended by its timeout."""
    probe = sql(f"sqlite:///{archive}", query, {"n": "int"}, timeout="200ms")
    found = asked(probe, tmp_path)
    assert found.values is None
    assert why in found.why
    with sqlite3.connect(archive) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (4,)
    connection.close()


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A wrong path is no empty database."""
    probe = sql("sqlite:///none.sqlite", "SELECT 1 AS n", {"n": "int"})
    assert "unable to open" in asked(probe, tmp_path).why
    assert not (tmp_path / "none.sqlite").exists()


def test_the_age_that_a_row_tells_is_the_age_of_the_reading(archive: Path, tmp_path: Path) -> None:
    """A replica that lags says so, and `fresh` is held against that."""
    old = (NOW - timedelta(hours=1)).isoformat()
    probe = sql(f"sqlite:///{archive}", f"SELECT 1 AS n, '{old}' AS measured_at", {"n": "int"})
    assert asked(probe, tmp_path).measured_at == NOW - timedelta(hours=1)
