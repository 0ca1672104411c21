"""The queries over a database whose content is known: v2 apart from v1, also about the past."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from tests_support import import_service

from importer.clock import text_of
from importer.schema import MIGRATIONS, migrate

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
# side, taken in, started, ended (minutes from noon), status, error
ROWS: list[tuple[str, float, float | None, float | None, str, str | None]] = [
    ("v2", 0, 0, 5, "complete", None),
    ("v2", 1, 1, 13, "complete", None),
    ("v2", 2, 2, 42, "complete", None),
    ("v2", 3, 3, 4, "failed", "AnthropicAPIError: overloaded (request 17)"),
    ("v2", 3, 3, 6, "failed", "AnthropicAPIError: overloaded (request 18)"),
    ("v2", 4, 4, 7, "failed", "JSONDecodeError: char 5"),
    ("v2", 5, 5, None, "processing", None),
    ("v2", 58, None, None, "pending", None),
    ("v1", 0, 0, 1, "complete", None),
    ("v1", 1, 1, 2, "failed", "Timeout"),
    ("v1", 70, 70, 71, "complete", None),
]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("queries") / "imports.db"
    assert migrate(path) == 2
    with closing(sqlite3.connect(path)) as connection:
        for number, (side, taken, started, ended, status, error) in enumerate(ROWS):
            times = [None if m is None else text_of(at(m)) for m in (taken, started, ended)]
            connection.execute(
                "INSERT INTO user_profiles (id, user_id, pipeline, storage_path, created_at,"
                " full_pass_started_at, full_pass_completed_at, full_pass_status,"
                " full_pass_error, expected_soulprint, soulprint)"
                " VALUES (?, 'u', ?, 'x', ?, ?, ?, ?, ?, 'right', ?)",
                (f"i{number}", side, *times, status, error, "wrong" if number == 1 else "right"),
            )
        connection.commit()
    return path


def asked(db: Path, query: str, side: str = "v2", since: float = 0, to: float = 60) -> Any:
    return import_service.ask(db, query, side, at(since), at(to))


def test_everything_in_one_row(db: Path) -> None:
    """What the gates of the plan ask; v1's failures are not v2's."""
    assert asked(db, "imports") == {
        "ok": 3,
        "total": 6,
        "stuck": 1,
        "in_flight": 2,
        "over_30m_pct": pytest.approx(100 / 6),
        "seconds": [60.0, 300.0, 180.0, 180.0, 720.0, 2400.0],
        "errors": ["AnthropicAPIError", "JSONDecodeError"],
    }
    one = asked(db, "imports", "v1")
    assert (one["ok"], one["total"], one["stuck"], one["errors"]) == (1, 2, 0, ["Timeout"])


def test_a_span_without_imports_has_counts_of_nothing(db: Path) -> None:
    """Thin is not blind: the row is there, with zeros and empty lists."""
    assert asked(db, "imports", "v2", -60, -1) == {
        "ok": 0,
        "total": 0,
        "stuck": 0,
        "in_flight": 0,
        "over_30m_pct": 0.0,
        "seconds": [],
        "errors": [],
    }
    assert asked(db, "success_rate", "v2", -60, -1)["success_rate_pct"] is None
    assert asked(db, "error_patterns", "v2", -60, -1) == {
        "failed": 0,
        "systemic": 0,
        "errors": [],
        "counts": [],
    }
    assert asked(db, "durations", "v2", -60, -1)["seconds"] == []
    assert asked(db, "corrupt", "v2", -60, -1) == {"checked": 0, "corrupt": 0, "ids": []}


def test_the_past_is_told_as_it_was(db: Path) -> None:
    """At 12:40 the slow import was still open, and stuck; the later one was not there."""
    then = asked(db, "imports", to=40)
    assert (then["total"], then["stuck"], then["in_flight"]) == (5, 2, 2)


def test_a_span_takes_its_start_and_not_its_end(db: Path) -> None:
    """Two spans side by side count each import once; the zone of a time does not matter."""
    counts = [asked(db, "imports", "v1", a, b)["total"] for a, b in ((0, 1), (1, 2), (2, 3))]
    assert counts == [0, 1, 1]
    east = timezone(timedelta(hours=5, minutes=30))
    found = import_service.ask(
        db, "success_rate", "v1", at(1).astimezone(east), at(2).astimezone(east)
    )
    assert (found["ok"], found["total"], found["success_rate_pct"]) == (1, 1, 100.0)


def test_the_success_rate_is_that_of_one_side(db: Path) -> None:
    """Over both together the rate would be another."""
    found = asked(db, "success_rate")
    assert (found["ok"], found["failed"], found["success_rate_pct"]) == (3, 3, 50.0)


def test_stuck_imports_are_listed(db: Path) -> None:
    """Also those that nobody has begun; the oldest first."""
    found = asked(db, "stuck")
    assert (found["stuck"], found["in_flight"], found["ids"]) == (1, 2, ["i6"])
    assert found["oldest_s"] == pytest.approx(55 * 60)
    assert asked(db, "stuck", to=100)["ids"] == ["i6", "i7"]


def test_durations_fall_into_a_histogram(db: Path) -> None:
    """Under 10 minutes, up to 30, over 30: as the settings say."""
    found = asked(db, "durations")
    assert (found["quick"], found["middling"], found["slow"]) == (4, 1, 1)
    assert found["over_30m_pct"] == pytest.approx(100 / 6)
    assert sorted(found["seconds"]) == [60, 180, 180, 300, 720, 2400]


def test_errors_are_counted_by_kind(db: Path) -> None:
    """The text after the colon differs each time and does not make a kind."""
    found = asked(db, "error_patterns")
    assert (found["failed"], found["systemic"]) == (3, 2)
    assert (found["errors"], found["counts"]) == (["AnthropicAPIError", "JSONDecodeError"], [2, 1])
    assert asked(db, "error_patterns", "v1")["errors"] == ["Timeout"]


def test_both_sides_stand_beside_each_other(db: Path) -> None:
    """Whatever the side that is asked for."""
    found = asked(db, "by_pipeline")
    assert (found["v1_ok"], found["v1_total"], found["v2_ok"], found["v2_total"]) == (1, 2, 3, 6)
    assert (found["v1_success_rate_pct"], found["v2_success_rate_pct"]) == (50.0, 50.0)
    assert found == asked(db, "by_pipeline", "v1")


def test_hours_are_counted_up_to_the_end_and_empty_ones_too(db: Path) -> None:
    """A drop to nothing is a hundred per cent, and not an hour that is missing."""
    found = asked(db, "hourly_timeline", since=-90, to=60)
    assert found["hours"] == ["2026-11-21T11:00:00.000Z", "2026-11-21T12:00:00.000Z"]
    assert (found["imports"], found["ok"], found["drop_pct"]) == ([0, 8], [0, 3], None)
    later = asked(db, "hourly_timeline", since=0, to=120)
    assert (later["imports"], later["last"], later["usual"]) == ([8, 0], 0, 8.0)
    assert later["drop_pct"] == 100.0
    assert asked(db, "hourly_timeline", since=0, to=59)["last"] is None


def test_a_wrong_soulprint_is_found(db: Path) -> None:
    """The client's own figure against what the pipeline stored."""
    assert asked(db, "corrupt") == {"checked": 3, "corrupt": 1, "ids": ["i1"]}
    assert asked(db, "corrupt", "v1")["corrupt"] == 0


def test_the_migration_brings_the_four_columns(tmp_path: Path) -> None:
    """The first precondition of the runbook; a second time changes nothing."""
    path = tmp_path / "imports.db"
    names = (
        "('full_pass_status', 'full_pass_started_at', 'full_pass_completed_at', 'full_pass_error')"
    )

    def columns() -> int:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(
                f"SELECT count(*) FROM pragma_table_info('user_profiles') WHERE name IN {names}"
            ).fetchone()[0]

    assert (migrate(path, 1), columns()) == (1, 0)
    assert (migrate(path), columns()) == (len(MIGRATIONS), 4)
    assert (migrate(path), columns()) == (len(MIGRATIONS), 4)
