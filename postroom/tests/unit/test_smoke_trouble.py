"""Bursts of 5xx and routes that refuse more than before, as a log tells them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from postroom.smoke.requests import Answered, read_log
from postroom.smoke.trouble import judge_client_errors, judge_server_errors
from postroom.smoke.verdict import Outcome

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def lines(count: int, status: int, *, since_s: float, every_s: float = 1.0) -> list[Answered]:
    """Answers, one every `every_s`, of which the first came `since_s` ago."""
    first = NOW - timedelta(seconds=since_s)
    return [
        Answered(first + timedelta(seconds=n * every_s), "GET /items", status) for n in range(count)
    ]


def test_five_within_a_minute_are_a_burst() -> None:
    """Whatever share of the traffic they are."""
    well = lines(3000, 200, since_s=300, every_s=0.1)
    burst = lines(5, 500, since_s=200, every_s=14)
    assert judge_server_errors(well + burst, NOW).outcome is Outcome.FAIL
    assert judge_server_errors(well + burst[:4], NOW).outcome is Outcome.PASS
    apart = lines(5, 500, since_s=290, every_s=61)
    assert judge_server_errors(well + apart, NOW).outcome is Outcome.PASS


def test_more_than_one_in_a_hundred_is_too_many() -> None:
    """Over the last five minutes, however far apart."""
    well = lines(99, 200, since_s=290)
    assert judge_server_errors(well + lines(1, 502, since_s=100), NOW).outcome is Outcome.PASS
    two = lines(2, 502, since_s=250, every_s=100)
    assert judge_server_errors(well + two, NOW).outcome is Outcome.FAIL


def test_what_is_older_than_five_minutes_is_past() -> None:
    """A burst before does not count for ever."""
    old = lines(50, 500, since_s=400)
    assert judge_server_errors(old + lines(10, 200, since_s=20), NOW).outcome is Outcome.PASS


def test_refusals_of_a_source_on_its_way_are_told_apart_and_may_not_last() -> None:
    """A pause of writes is no burst; one of more than ten seconds is a failure."""

    def fenced(seconds: int) -> list[Answered]:
        return [
            Answered(NOW - timedelta(seconds=60 - n / 2), "POST /notes", 503, is_fenced=True)
            for n in range(2 * seconds)
        ]

    well = lines(200, 200, since_s=250)
    short = judge_server_errors(well + fenced(1), NOW)
    assert (short.outcome, "2 refused while" in short.said) == (Outcome.PASS, True)
    assert judge_server_errors(well + fenced(12), NOW).outcome is Outcome.FAIL


def test_a_route_that_refuses_more_than_before_is_named() -> None:
    """Its share of 4xx is compared with its own share before the change."""
    before = lines(95, 200, since_s=1000) + lines(5, 404, since_s=1000)
    same = lines(190, 200, since_s=250) + lines(10, 404, since_s=250)
    worse = lines(60, 200, since_s=250) + lines(40, 404, since_s=250)
    since = NOW - timedelta(seconds=300)
    assert judge_client_errors(before + same, since).outcome is Outcome.PASS
    found = judge_client_errors(before + worse, since)
    assert found.outcome is Outcome.FAIL
    assert found.said == "GET /items: 40 of 100 refused, 5 of 100 before"


def test_a_route_without_a_past_is_not_compared() -> None:
    """It is said, and it is no pass."""
    found = judge_client_errors(lines(50, 404, since_s=10), NOW - timedelta(seconds=300))
    assert found.outcome is Outcome.NOT_ASKED


def test_a_log_tells_who_asked_and_why_it_was_refused() -> None:
    """Requests of a smoke test are ours; a 503 is fenced if the problem of its id says so."""
    at = NOW.isoformat()

    def request(request_id: str, status: object) -> str:
        fields = {"at": at, "event": "request", "method": "GET", "route": "/items"}
        return json.dumps({**fields, "request_id": request_id, "status": status})

    log = [
        "no JSON",
        json.dumps({"at": at, "event": "problem", "code": "fenced", "request_id": "a"}),
        request("a", 503),
        request("smoke-1-1", 404),
        request("b", "cut"),
        request("c", 503),
    ]
    assert [(one.status, one.is_ours, one.is_fenced) for one in read_log(log)] == [
        (503, False, True),
        (404, True, False),
        (503, False, False),
    ]
