"""Every fault does what it says, to the side that it names, and ends when it is ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests_support.import_service import Service, running
from tests_support.waiting import until


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    options = ("--stuck-after-s", "0.3", "--slow-after-s", "0.9", "--quick-s", "0.1")
    with running(tmp_path_factory.mktemp("faults"), *options, percent="100") as found:
        yield found


@pytest.fixture
def service(shared: Service) -> Service:
    shared.fault()
    shared.set_percent("100")
    shared.stands_at(100)
    return shared


def outcome(service: Service, ids: list[str]) -> list[str]:
    return [row["full_pass_status"] for row in service.ended(ids)]


def test_work_of_v2_fails_at_a_rate(service: Service) -> None:
    """With the message that was asked for; v1 goes on."""
    service.fault(fail={"rate": 0.4, "message": "AnthropicAPIError: overloaded"})
    found = outcome(service, service.send_many(60, "/process-full-v2"))
    assert 10 < found.count("failed") < 40
    assert outcome(service, service.send_many(10, "/process-full")) == ["complete"] * 10
    asked = service.ask("imports")
    assert (asked["total"] - asked["ok"]) == found.count("failed")
    assert asked["errors"] == ["AnthropicAPIError"]
    assert " ERROR import " in service.log()


def test_an_error_of_a_new_kind_appears(service: Service) -> None:
    """Beside the usual ones, for the gate that compares kinds."""
    service.fault(new_error={"rate": 1, "message": "KeyError: nothing like it before"})
    assert outcome(service, service.send_many(3)) == ["failed"] * 3
    assert "KeyError" in service.ask("error_patterns")["errors"]


def test_stalled_imports_stay_open_until_the_fault_ends(service: Service) -> None:
    """They count as stuck, others are worked off, and in the end nothing is lost."""
    service.fault(stall={"rate": 1})
    ids = service.send_many(4, "/process-full-v2")
    assert outcome(service, service.send_many(2, "/process-full")) == ["complete"] * 2
    until(lambda: service.ask("stuck")["stuck"] == 4)
    assert sorted(service.ask("stuck")["ids"]) == sorted(ids)
    assert {service.import_(one)["full_pass_status"] for one in ids} == {"processing"}
    service.fault()
    assert outcome(service, ids) == ["complete"] * 4


def test_slow_imports_are_slow(service: Service) -> None:
    """In the durations that a gate reads; only v2's."""
    service.fault(slow={"seconds": 1.0})
    outcome(service, service.send_many(4, "/process-full-v2"))
    outcome(service, service.send_many(4, "/process-full"))
    assert service.ask("durations")["slow"] == 4
    assert service.ask("durations", "v1")["slow"] == 0


def test_a_corrupted_soulprint_is_found_by_its_query(service: Service) -> None:
    """The import looks complete; only the check tells."""
    service.fault(corrupt={"rate": 1})
    ids = service.send_many(3)
    assert outcome(service, ids) == ["complete"] * 3
    found = service.ask("corrupt")
    assert (found["corrupt"], sorted(found["ids"])) == (3, sorted(ids))
    assert service.ask("corrupt", "v1")["corrupt"] == 0


def test_a_switch_that_lies_routes_by_something_else(service: Service) -> None:
    """The env file and the metrics say 100; the traffic says v1."""
    service.fault(lie={"percent": 0})
    assert service.send("ana")["pipeline"] == "v1"
    assert "V2_ROLLOUT_PERCENT=100" in (service.folder / ".env.production").read_text()
    assert "cutline_switch_percent 100" in service.client.get("/metrics").text
    service.fault()
    assert service.send("ana")["pipeline"] == "v2"


def test_a_switch_that_is_set_and_does_nothing(service: Service) -> None:
    """Without a percentage the lie is to stay where it was."""
    service.fault(lie={})
    service.set_percent("0")
    until(lambda: "cutline_switch_percent 0" in service.client.get("/metrics").text)
    assert service.send("ana")["pipeline"] == "v2"
    service.fault()
    assert service.send("ana")["pipeline"] == "v1"


def test_somebody_goes_on_calling_v1(service: Service) -> None:
    """By name, over the network, with its user agent in the counts."""
    service.fault(v1_caller={"name": "legacy-cron", "per_s": 40})
    until(lambda: service.log().count("[DEPRECATED] /process-full called by legacy-cron\n") > 2)
    asked = service.client.get("/metrics", headers={"accept": "application/json"}).json()
    calls = [row for row in asked["cutline_deprecated_calls_total"] if row["caller"] != "test"]
    assert ("legacy-cron", "legacy-cron/0.9") in {(c["caller"], c["user_agent"]) for c in calls}


def test_processors_that_are_gone_show_in_health(service: Service) -> None:
    """The status code says it too."""
    service.fault(no_processors=True)
    answer = service.client.get("/health")
    assert (answer.status_code, answer.json()["processors_available"]) == (503, False)


def test_memory_leaks_at_a_rate(service: Service) -> None:
    """Seen from outside, for the gate over the trend."""
    before = service.health()["rss_mb"]
    service.fault(leak={"mb_per_s": 200})
    until(lambda: service.health()["rss_mb"] > before + 20)
