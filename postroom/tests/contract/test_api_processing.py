"""Which engine an ingest is handed to, once, and what is said of v1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests_support.api import Service, pst, service
from tests_support.api_mails import fill
from tests_support.waiting import until

from postroom.commands.where import Where

NAME = "POSTROOM_TEST_PIPELINE"


@pytest.fixture
def pipeline(where: Where, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Where the queue lies: beside the SQLite archives, or in PostgreSQL."""
    if where.dsn is None:
        return None
    monkeypatch.setenv(NAME, where.dsn)
    return f"env:{NAME}"


@pytest.fixture
def switch(tmp_path: Path) -> Path:
    """An env file that sends nothing to v2."""
    path = tmp_path / ".env"
    path.write_text("PST_V2_ROLLOUT_PERCENT=0\n")
    return path


@pytest.fixture
def split(where: Where, switch: Path, pipeline: str | None) -> Iterator[Service]:
    """A service whose imports follow the switch."""
    url = f"env-file:{switch}#PST_V2_ROLLOUT_PERCENT"
    with service(where, switch=url, pipeline_dsn=pipeline, v2_projects=("early",)) as running:
        yield running


def status(running: Service, pst_file_id: str) -> tuple[str, str]:
    """The engine and the status of an ingest."""
    found = running.client.get(f"/pst/{pst_file_id}/status").json()
    return found["engine"], found["processing_status"]


def test_an_upload_is_handed_to_the_engine_that_was_asked(split: Service) -> None:
    """It is queued for that one; the other is told who has it, and a cancelled one is cancelled."""
    first = split.post("/pst", pst()).json()["id"]
    answer = split.client.post(f"/v2/pst/{first}/process")
    assert (answer.status_code, answer.json()) == (
        202,
        {"id": first, "engine": "v2", "processing_status": "queued"},
    )
    assert status(split, first) == ("v2", "queued")
    assert split.client.post(f"/v2/pst/{first}/process").status_code == 202
    other = split.client.post(f"/pst/{first}/process")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "claim-held")
    cancelled = split.client.post(f"/pst/{first}/cancel")
    assert cancelled.json()["processing_status"] == "cancelled"
    assert status(split, first)[1] == "cancelled"
    for path in ("/pst/{}/process", "/v2/pst/{}/process", "/pst/{}/cancel"):
        assert split.client.post(path.format(uuid4())).status_code == 404


def test_v1_is_marked_and_who_calls_it_is_counted(split: Service) -> None:
    """Its answers carry the headers of RFC 9745 and 8594; log and metrics name the caller."""
    first = split.post("/pst", pst()).json()["id"]
    answer = split.client.post(f"/pst/{first}/process", headers={"X-User-Id": "ann"})
    assert answer.status_code == 202
    assert answer.headers["Deprecation"].startswith("@")
    assert answer.headers["Sunset"].endswith("GMT")
    assert answer.headers["Link"] == '</imports>; rel="successor-version"'
    assert answer.json()["deprecation"]["successor"] == "/imports"
    assert "Deprecation" not in split.client.post(f"/v2/pst/{first}/process").headers
    text = split.client.get("/metrics").text
    line = 'cutline_deprecated_calls_total{path="/pst/{pst_file_id}/process",caller="ann"'
    assert line in text


def test_with_v1_off_its_path_is_not_there(
    where: Where, switch: Path, pipeline: str | None
) -> None:
    """It is a 404, health says so, and every import goes to v2 whatever the switch says."""
    url = f"env-file:{switch}#PST_V2_ROLLOUT_PERCENT"
    with service(where, switch=url, pipeline_dsn=pipeline, is_v1_on=False) as running:
        first = running.post("/pst", pst()).json()["id"]
        assert running.client.post(f"/pst/{first}/process").status_code == 404
        processors = running.client.get("/health").json()["processors_available"]
        assert processors == {"v1": False, "v2": True}
        assert running.post("/imports", pst()).json()["engine"] == "v2"


def test_imports_follow_the_switch(split: Service, switch: Path) -> None:
    """At 0 % all go to v1 but those of projects named for v2, at 100 % all go to v2.

    The same file of a project goes the same way again.
    """

    def engines(count: int, project: str = "p") -> list[str]:
        sent = [split.post("/imports", pst(bytes([n])), project_id=project) for n in range(count)]
        assert {answer.status_code for answer in sent} == {202}
        return [answer.json()["engine"] for answer in sent]

    def percent(value: int) -> None:
        switch.write_text(f"PST_V2_ROLLOUT_PERCENT={value}\n")
        line = f"cutline_switch_percent {value}"
        until(lambda: line in split.client.get("/metrics").text.splitlines(), what=line)

    assert engines(4) == ["v1"] * 4
    assert engines(2, "early") == ["v2"] * 2
    percent(50)
    half = engines(12)
    assert set(half) == {"v1", "v2"}
    assert engines(12) == half
    percent(100)
    assert engines(4) == ["v2"] * 4
    listed = split.client.get("/pst", params={"limit": 500}).json()["ingests"]
    assert {one["processing_status"] for one in listed} == {"queued"}


def test_a_repeated_import_is_one_ingest_and_is_queued(split: Service) -> None:
    """A request that died between row and queue is finished by its repetition."""
    headers = {"Idempotency-Key": "i"}
    first = split.post("/imports", pst(), headers=headers).json()
    with split.archive.transaction() as tx:  # as if it had died before it was queued
        tx.change("UPDATE pst_files SET processing_status = 'pending' WHERE id = :id",
                  id=first["id"])  # fmt: skip
    again = split.post("/imports", pst(), headers=headers)
    assert (again.status_code, again.json()) == (202, first)
    assert status(split, first["id"]) == ("v1", "queued")
    assert len(split.client.get("/pst").json()["ingests"]) == 1


def test_search_finds_by_words_in_pages(split: Service) -> None:
    """What is not indexed is told; a query that is none is refused; a cursor fits its query."""
    fill(split.archive, split.where.store())
    page = split.client.get("/search", params={"q": "alpha"}).raise_for_status().json()
    assert set(page) == {"hits", "next", "total", "unindexed"}
    for wrong in ({"q": '"open'}, {"q": "!!"}, {"after_date": "soon"}, {"after": "x"}):
        answer = split.client.get("/search", params=wrong)
        assert (answer.status_code, set(answer.json())) == (400, {"error"})
