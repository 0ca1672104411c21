"""A service, its worker and the children of that follow a source, as processes of their own."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from tests_support import synthetic
from tests_support.moving import Mover
from tests_support.serving_postroom import PROGRAM, Process, serve
from tests_support.waiting import until

from postroom.archive.archive import Archive

BINARY = {"Content-Type": "application/octet-stream"}


def process(service: Process, content: bytes, path: str) -> str:
    """Send a PST and have it processed at `path`; hand back its id once it is completed."""
    with httpx.Client(base_url=service.url, timeout=30) as client:
        sent = client.post("/pst", content=content, headers=BINARY)
        assert sent.status_code == 201, sent.text
        pst_file_id = str(sent.json()["id"])
        asked = client.post(path.format(pst_file_id))
        assert asked.status_code == 202, asked.text
        status = f"/pst/{pst_file_id}/status"
        until(
            lambda: client.get(status).json()["processing_status"] == "completed",
            timeout_s=90,
            what=f"{path} is completed",
        )
    return pst_file_id


def test_imports_that_run_are_drained_and_the_others_wait(
    mover: Mover, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source moves, by the command, while its queue is full: each import is completed once."""
    content = synthetic.write(tmp_path, "small", "--mails", "3").pst.read_bytes()
    monkeypatch.setenv("POSTROOM_DSN", mover.service_dsn)
    monkeypatch.setenv("POSTROOM_ADMIN_DSN", mover.admin_dsn)
    with (
        serve(mover.home, "--source", mover.source_id, has_worker=True) as service,
        httpx.Client(base_url=service.url, timeout=60) as client,
    ):
        sent = [client.post("/pst", content=content, headers=BINARY).json()["id"] for _ in range(6)]
        for pst_file_id in sent:
            assert client.post(f"/v2/pst/{pst_file_id}/process").status_code == 202
        until(lambda: "completed" in states(client), timeout_s=90, what="the first is done")
        command = [PROGRAM, "source", "move", mover.source_id, "--home", str(mover.home)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert mover.placement.owner == "postgres"
        until(
            lambda: set(states(client)) == {"completed"},
            timeout_s=120,
            what="the others are done",
        )
        letters = [PROGRAM, "dead-letters", "list", "--source", mover.source_id]
        assert subprocess.run([*letters, "--home", str(mover.home)], check=False).returncode == 0
    backend, found = mails(mover.placed)
    assert backend == "postgres"
    assert set(found) == set(sent)
    assert len(set(found.values())) == 1


def states(client: httpx.Client) -> list[str]:
    """How far each import is."""
    return [one["processing_status"] for one in client.get("/pst").json()["ingests"]]


def mails(archive: Archive) -> tuple[str, dict[str, int]]:
    """Count the messages of each ingest, and say in which store."""
    query = "SELECT pst_file_id AS id, count(*) AS n FROM email_messages GROUP BY 1"
    with archive.reading() as tx:
        return tx.backend, {str(row["id"]): int(row["n"]) for row in tx.rows(query)}


def test_imports_go_on_where_the_source_is(
    mover: Mover, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the move a worker loads into the file, after it both engines load into PostgreSQL.

    The service was started before the source was registered, and none of its processes again.
    """
    content = synthetic.write(tmp_path, "small", "--mails", "3").pst.read_bytes()
    monkeypatch.setenv("POSTROOM_DSN", mover.service_dsn)
    monkeypatch.setenv("POSTROOM_ADMIN_DSN", mover.admin_dsn)
    with serve(mover.home, "--source", mover.source_id, has_worker=True) as service:
        first = process(service, content, "/v2/pst/{}/process")
        backend, before = mails(mover.placed)
        assert (backend, list(before)) == ("sqlite", [first])
        mover.move()
        second = process(service, content, "/v2/pst/{}/process")
        third = process(service, content, "/pst/{}/process")
        health = httpx.get(f"{service.url}/health").json()
        assert health["backend"] == {"backend": "postgres_primary"}
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
    backend, after = mails(mover.placed)
    assert backend == "postgres"
    assert after == {first: before[first], second: before[first], third: before[first]}
    assert mover.file_keys("pst_files") == {first}


def test_when_postgresql_is_gone_the_file_is_shown_at_once(
    mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that follows the registry says that it is away; one with --backend sqlite reads.

    Neither writes: what was not carried back is not known to be little.
    """
    mover.move()
    monkeypatch.setenv("POSTROOM_DSN", "host=/nowhere user=nobody")
    note = {"json": {"body": "x"}}
    item = "/items/00000000-0000-4000-8000-000000000000/notes"
    with serve(mover.home, "--source", mover.source_id) as service:
        assert httpx.get(f"{service.url}/stats").status_code == 503
        assert not httpx.get(f"{service.url}/health").json()["ok"]
    with serve(mover.home, "--source", mover.source_id, "--backend", "sqlite") as service:
        assert httpx.get(f"{service.url}/stats").status_code == 200
        health = httpx.get(f"{service.url}/health").json()
        assert (health["ok"], health["read_only"], health["not_carried"]) == (True, True, "unknown")
        refused = httpx.post(f"{service.url}{item}", **note)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
