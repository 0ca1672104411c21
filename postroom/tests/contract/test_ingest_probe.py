"""The probe `postroom_ingests`: what a gate is told of the ingests of a source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cutline.plan.probe import Probe
from cutline.probes import Context, ask
from cutline.run.reading import Question, Reading
from postroom.archive import Archive
from postroom.moment import stamp

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RETURNS = {
    **dict.fromkeys(("ok", "failed", "total", "in_flight", "quiet", "begun", "dead"), "int"),
    **dict.fromkeys(("arrived", "to_v1", "to_v2"), "int"),
    "seconds": "list(double)",
    "errors": "list(string)",
}


def at(minutes: float) -> str:
    """Say a moment before noon."""
    return stamp(NOON - timedelta(minutes=minutes))


def put(archive: Archive, engine: str, status: str, **columns: object) -> str:
    """Write an ingest as it came an hour before noon, unless told otherwise."""
    row: dict[str, object] = {
        "id": str(uuid4()),
        "project_id": "matter",
        "file_name": "m.pst",
        "s3_bucket": "local",
        "s3_key": "k",
        "engine": engine,
        "processing_status": status,
        "created_at": at(60),
        **columns,
    }
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with archive.transaction() as tx:
        tx.change(f"INSERT INTO pst_files ({names}) VALUES ({values})", **row)
    return str(row["id"])


@pytest.fixture
def asked(
    archive: Archive, backend_dsn: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:  # a function of the tests
    """Ask the probe over the two hours before noon, as a plan does."""
    place: dict[str, object] = {"source": archive.source_id, "home": str(tmp_path)}
    if backend_dsn is not None:
        monkeypatch.setenv("PROBED", backend_dsn)
        place["dsn"] = "env:PROBED"

    def reading(side: str = "", **config: object) -> Reading:
        given = {"postroom_ingests": {**place, **config}, "over": "2h", "returns": RETURNS}
        probe = Probe.model_validate(given)
        question = Question("ingests", side or None, NOON - timedelta(hours=2), NOON)
        return ask("ingests", probe, question, Context(tmp_path))

    return reading


def test_what_ended_failed_and_stands_still_is_counted_by_side(
    archive: Archive, asked: Any
) -> None:
    """Each ingest once, in the span in which it ended; an engine sees only its own."""
    done = {"processing_started_at": at(50), "processing_completed_at": at(48)}
    put(archive, "v2", "completed", **done)
    put(archive, "v2", "failed", **done, error_message="the disk is full: /x: no space")
    put(archive, "v1", "completed", **done)
    put(archive, "v2", "completed", created_at=at(300), processing_started_at=at(290))
    moving = f'{{"phase": "load", "done": 3, "total": 9, "at": "{at(5)}"}}'
    put(archive, "v2", "processing", processing_started_at=at(50), progress=moving)
    still = put(archive, "v2", "processing", processing_started_at=at(50))
    with archive.transaction() as tx:
        tx.change(
            "INSERT INTO dead_letters (id, pst_file_id, engine, reason, created_at)"
            " VALUES (:id, :file, 'v2', 'out of memory', :now)",
            id=str(uuid4()),
            file=still,
            now=at(1),
        )
    values = asked("v2").values
    assert (values["ok"], values["failed"], values["total"]) == (1, 1, 2)
    assert values["seconds"] == (120.0, 120.0)
    assert values["errors"] == ("the disk is full",)
    assert (values["in_flight"], values["quiet"], values["dead"]) == (2, 1, 1)
    assert (values["arrived"], values["to_v1"], values["to_v2"]) == (5, 1, 4)
    assert asked("v1").values["total"] == 1
    assert asked().values["total"] == 3


def test_the_runbooks_own_uploads_are_left_out(archive: Archive, asked: Any) -> None:
    """What `but` names counts nowhere; `only` counts nothing else."""
    done = {"processing_started_at": at(50), "processing_completed_at": at(48)}
    put(archive, "v1", "completed", project_id="cutline-probe", **done)
    put(archive, "v1", "completed", **done)
    assert asked("v1", but=["cutline-probe"]).values["to_v1"] == 1
    assert asked("v1", only=["cutline-probe"]).values["total"] == 1
    assert asked("v1").values["total"] == 2


def test_a_source_that_is_not_there_is_no_reading(asked: Any) -> None:
    """Nothing was measured, and it says why: never zero failures."""
    reading = asked(source="elsewhere")
    assert not reading.values
    assert "no such source" in reading.why


def test_a_key_that_it_does_not_know_is_no_reading(asked: Any) -> None:
    """A misspelled key does not silently widen what is counted."""
    reading = asked(except_=["cutline-probe"])
    assert not reading.values
    assert "except_" in reading.why
