"""The service that the runbook cuts over, over real sockets."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests_support.import_service import TOKEN, Service, running
from tests_support.waiting import until

from cutline.routing import Deprecation, Router, Switch

V2 = "/process-full-v2"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("service")) as found:
        yield found


def test_imports_follow_the_switch_live(service: Service) -> None:
    """0, 50 and 100 %, by user, without a restart, each import worked off by its side."""
    users = [f"user-{number}" for number in range(40)]
    half = Router("import-api", Switch.fixed(50))
    for percent, expected in (
        ("0", dict.fromkeys(users, "v1")),
        ("50", {user: half.version(user).value for user in users}),
        ("100", dict.fromkeys(users, "v2")),
    ):
        service.set_percent(percent)
        service.stands_at(float(percent))
        answers = {user: service.send(user) for user in users}
        assert {user: answer["pipeline"] for user, answer in answers.items()} == expected
        ended = service.ended([answer["id"] for answer in answers.values()])
        assert {row["full_pass_status"] for row in ended} == {"complete"}
        assert all(row["soulprint"] == row["expected_soulprint"] for row in ended)
        assert all(row["size"] > row["packed_size"] > 0 for row in ended)
    lines = re.findall(
        r"Routing import request (user-\d+) routed to (v[12])$", service.log(), re.MULTILINE
    )
    assert lines[40:80] == [(user, half.version(user).value) for user in users]
    assert service.ask("imports", "v2")["ok"] == sum(version == "v2" for _, version in lines)


def test_the_endpoint_of_v1_is_deprecated_and_tells_who_calls(service: Service) -> None:
    """Headers, member and log line, also for a request that is refused."""
    answer = service.client.post(
        "/process-full", json={"user_id": "test", "storage_path": "test.json"}
    )
    assert answer.status_code == 422
    marked = Deprecation.from_headers(dict(answer.headers))
    assert marked.successor == "/process-full-v2"
    assert answer.json()["deprecation"] == marked.as_json()
    assert "[DEPRECATED] /process-full called by test\n" in service.log()
    assert service.run("headers.py", "--base-url", service.base_url)["successor"] == V2
    newer = service.client.post("/process-full-v2", json={"user_id": "test"})
    assert "deprecation" not in newer.headers


def test_the_same_import_again_is_one_import(service: Service) -> None:
    """A client that got no answer may ask again."""
    first = service.send("eva", "/process-full-v2", key="k-1")
    ended = service.ended(["k-1"])
    assert service.send("ana", "/process-full-v2", key="k-1") == first
    assert first == {"code": 202, "id": "k-1", "pipeline": "v2"}
    assert service.ended(["k-1"]) == ended
    assert (ended[0]["user_id"], ended[0]["attempts"]) == ("eva", 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{broken",
        b'{"user_id": ""}',
        b'{"user_id": 5, "storage_path": "generated/1/1.jsonl"}',
        b'{"user_id": "u", "storage_path": "generated/1/99999.jsonl"}',
    ],
)
def test_what_is_no_import_is_refused(service: Service, body: bytes) -> None:
    """With 422 and a reason; nothing of it reaches the queue."""
    answer = service.client.post("/import", content=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (422, True)


def test_health_tells_what_a_gate_asks(service: Service) -> None:
    """Status, processors, version, memory, process and restarts."""
    found = service.health()
    assert (found["status"], found["processors_available"]) == ("healthy", True)
    assert (found["version"], found["restarts"]) == ("1.0.0", 0)
    assert found["rss_mb"] > 10
    assert found["pid"] != service.process.pid
    assert found["started_at"].endswith("Z")


def test_metrics_are_text_for_prometheus_and_json(service: Service) -> None:
    """Counts of routing, of deprecated calls and of imports."""
    service.send("metrics")
    text = service.client.get("/metrics").text
    assert re.search(
        r'^cutline_routed_total\{version="v[12]",why="percent"\} \d+$', text, re.MULTILINE
    )
    assert re.search(r"^import_api_resident_bytes \d+$", text, re.MULTILINE)
    found = service.client.get("/metrics", headers={"accept": "application/json"}).json()
    assert {"pipeline", "status", "imports"} == set(found["imports"][0])


def test_faults_are_guarded(service: Service) -> None:
    """By a token of the environment; what is not known is refused."""
    good = {"authorization": f"Bearer {TOKEN}"}
    ask = service.client.post
    assert ask("/faults", json={}).status_code == 401
    assert ask("/faults", json={}, headers={"authorization": "Bearer x"}).status_code == 401
    refused = ask("/faults", json={"fial": {}}, headers=good)
    assert (refused.status_code, "known are fail" in refused.text) == (422, True)
    assert ask("/faults", json={}, headers=good).json() == {}


def test_set_is_not_applied_until_it_is_deployed(tmp_path: Path) -> None:
    """With --needs-deploy the percentage waits for apply.py; v1 goes by a deployment too."""
    options = ("--needs-deploy", "--stale-ok-s", "0.3")
    with running(tmp_path, *options, percent="100") as service:
        assert service.send("ana")["pipeline"] == "v1"  # nothing was ever deployed: 0
        service.set_percent("100")
        applied = service.run("apply.py", "--version", "2.0.0")
        assert applied["V2_ROLLOUT_PERCENT"] == "100"
        service.stands_at(100)
        assert service.send("ana")["pipeline"] == "v2"
        assert service.health()["version"] == "2.0.0"
        service.set_percent("10")
        assert service.run("apply.py")["V2_ROLLOUT_PERCENT"] == "10"
        service.stands_at(10)
        assert service.health()["version"] == "2.0.0"
        assert "hunter2" not in (tmp_path / ".env.deployed").read_text()
        _v1_can_be_removed(service)


def _v1_can_be_removed(service: Service) -> None:
    """Its endpoint answers 404 from then on, and its calls are no longer logged as deprecated."""
    service.set_percent("100")
    service.run("apply.py")
    service.stands_at(100)
    with pytest.raises(subprocess.CalledProcessError):
        service.run("cleanup.py")  # v1 is still there
    before = service.log().count("[DEPRECATED]")
    assert service.send("ana", "/process-full")["code"] == 202
    service.run("remove_v1.py")
    assert service.send("ana", "/process-full")["code"] == 404
    assert service.send("ana", "/process-full-v2")["code"] == 202
    assert service.send("ana")["pipeline"] == "v2"
    assert service.log().count("[DEPRECATED]") == before + 1
    service.run("cleanup.py")
    service.run("cleanup.py")
    env_file = (service.folder / ".env.production").read_text()
    assert ("V2_ROLLOUT_PERCENT" in env_file, "hunter2" in env_file) == (False, True)
    service.stands_at(0)  # and yet
    assert service.send("ana")["pipeline"] == "v2"


def test_a_switch_that_goes_away_counts_as_nothing_in_the_end(tmp_path: Path) -> None:
    """The last good value for a while, then everybody is on v1."""
    with running(tmp_path, "--stale-ok-s", "0.5", percent="100") as service:
        (tmp_path / ".env.production").unlink()
        assert service.health()["v2_percent"] == 100
        service.stands_at(0)
        until(lambda: "cannot be read" in service.log())


def test_without_a_token_there_are_no_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint does not exist then."""
    monkeypatch.setattr("tests_support.import_service.TOKEN", "")
    with running(tmp_path) as service:
        assert httpx.post(f"{service.base_url}/faults", json={}).status_code == 404
