"""The probes `http` and `prometheus`, over real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests_support.http_server import Reply, Request, serving
from tests_support.probing import NOW, asked

from cutline.plan.secret import Secret
from cutline.probes.answer import LARGEST_BYTES

HEALTH = {"status": "healthy", "processors_available": True, "load": 2, "version": "2.0"}
RETURNS = {"status": "string", "processors_available": "bool", "load": "double"}


def test_members_status_and_headers_are_fields(tmp_path: Path) -> None:
    """The body's top-level members, the status, and headers by name; an int is a double."""
    seen: list[Request] = []

    def answer(request: Request, _: BaseHTTPRequestHandler) -> Reply:
        seen.append(request)
        return Reply(503, json.dumps(HEALTH).encode(), {"Sunset": "tomorrow"})

    with serving(answer) as url:
        probe = {
            "http": {
                "post": "${inputs.url}/health?side=${side}",
                "body": {"from": "${from}", "deep": ["${side}", 1]},
                "headers": {"Authorization": {"env": "TOKEN"}},
                "returns_headers": {"sunset": "sunset"},
            },
            "returns": {**RETURNS, "status_code": "int", "sunset": "string"},
        }
        found = asked(
            probe,
            tmp_path,
            side="v2",
            values={"inputs.url": url},
            environ={"TOKEN": "Bearer of-a-secret"},
        )
    assert found.values == {
        "status": "healthy",
        "processors_available": True,
        "load": 2.0,
        "status_code": 503,
        "sunset": "tomorrow",
    }
    assert seen[0].path == "/health?side=v2"
    assert json.loads(seen[0].body) == {"from": "2026-02-21T11:45:00Z", "deep": ["v2", 1]}
    assert seen[0].headers["Authorization"] == "Bearer of-a-secret"


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(body=b'{"status": "healthy", "load": 1}'), "no processors_available"),
        (Reply(body=b'{"status": 1, "processors_available": 1, "load": "x"}'), "load is declared"),
        (Reply(body=b"[1]"), "no JSON object"),
        (Reply(body=b'{"load": NaN}'), "no JSON"),
        (Reply(body=b"[" * 100_000), "no JSON"),
        (Reply(body=b"x" * (LARGEST_BYTES + 1)), "too large"),
        (Reply(301, b"{}", {"Location": "http://127.0.0.1:1/"}), "no status"),
    ],
)
def test_what_is_no_such_answer_is_missing(reply: Reply, why: str, tmp_path: Path) -> None:
    """A field that is not there or of another type is not there; redirects are not followed."""
    with serving(lambda *_: reply) as url:
        found = asked({"http": {"get": url}, "returns": RETURNS}, tmp_path)
    assert "load" not in (found.values or {}) or found.values == {"status": "healthy", "load": 1.0}
    assert why in found.why


def test_an_unexpected_status_is_no_reading(tmp_path: Path) -> None:
    """What the plan expects and did not get was not measured."""
    probe = {"http": {"get": "${inputs.url}", "expect_status": 200}, "returns": RETURNS}
    with serving(lambda *_: Reply(500, json.dumps(HEALTH).encode())) as url:
        found = asked(probe, tmp_path, values={"inputs.url": url})
    assert found.values is None
    assert found.why == "it answered 500, and 200 is expected"


def test_a_header_that_drips_ends_with_the_timeout(tmp_path: Path) -> None:
    """The timeout is for the whole answer: a byte now and then does not keep it alive."""
    stopped = threading.Event()

    def drip(_: Request, handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not stopped.wait(0.05):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        except OSError:
            return

    with serving(drip) as url:
        found = asked({"http": {"get": url}, "returns": RETURNS, "timeout": "300ms"}, tmp_path)
        stopped.set()
    assert found.values is None
    assert found.why == "no whole answer within 0.3s"


def test_a_server_that_is_not_there_is_no_reading(tmp_path: Path) -> None:
    """A refused connection says so, without the password of its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        secret = Secret(f"http://me:hunter2secret@127.0.0.1:{port}")
        found = asked(
            {"http": {"get": "${inputs.url}/h"}, "returns": RETURNS},
            tmp_path,
            values={"inputs.url": secret},
        )
        wrong = asked({"http": {"get": "ftp://me:hunter2secret@h/"}, "returns": RETURNS}, tmp_path)
    assert found.values is None
    assert wrong.values is None
    assert "hunter2secret" not in found.why + wrong.why


def test_a_secret_that_a_server_sends_back_is_not_in_the_reason(tmp_path: Path) -> None:
    """Whatever was revealed for a question is hidden in its answer."""
    echo = Reply(body=b"no")
    probe = {
        "http": {"get": "${inputs.url}", "headers": {"X": {"env": "TOKEN"}}},
        "returns": {"load": "int"},
    }
    with serving(lambda *_: echo) as url:
        found = asked(probe, tmp_path, values={"inputs.url": url}, environ={"TOKEN": "is no JSON"})
    assert "is no JSON" not in found.why


@contextmanager
def prometheus(results: dict[str, object]) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """A server of the query API: each query has the data of `results`, or is refused."""
    seen: list[dict[str, list[str]]] = []

    def answer(request: Request, _: BaseHTTPRequestHandler) -> Reply:
        asked_for = parse_qs(urlsplit(request.path).query)
        seen.append(asked_for)
        data = results.get(asked_for["query"][0])
        if data is None:
            said = {"status": "error", "errorType": "bad_data", "error": "parse error"}
            return Reply(400, json.dumps(said).encode())
        return Reply(body=json.dumps({"status": "success", "data": data}).encode())

    with serving(answer) as url:
        yield url, seen


def vector(*values: str) -> dict[str, object]:
    """An instant vector of so many series."""
    result = [{"metric": {"n": str(at)}, "value": [1.0, one]} for at, one in enumerate(values)]
    return {"resultType": "vector", "result": result}


def test_instant_queries_are_asked_at_the_end_of_the_span(tmp_path: Path) -> None:
    """One number each, with `time`, the side and the length of the span put in."""
    results = {
        'sum(increase(ok{side="v2"}[900s]))': vector("95.3"),
        "total": vector("96"),
        "time()": {"resultType": "scalar", "result": [1.0, "3"]},
    }
    with prometheus(results) as (url, seen):
        probe = {
            "prometheus": {
                "url": url,
                "query": {
                    "ok": 'sum(increase(ok{side="${side}"}[${over}]))',
                    "total": "total",
                    "n": "time()",
                },
            },
            "returns": {"ok": "double", "total": "double", "n": "int"},
            "past": True,
        }
        found = asked(probe, tmp_path, side="v2", is_late=True)
    assert found.values == {"ok": 95.3, "total": 96.0, "n": 3}
    assert {one["time"][0] for one in seen} == {f"{NOW.timestamp():.3f}"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (vector(), "ok: an empty result"),
        (vector("1", "2"), "ok: 2 series"),
        (vector("NaN"), "ok: no finite number"),
        (vector("+Inf"), "ok: no finite number"),
        ({"resultType": "matrix", "result": []}, "type matrix"),
        ({"resultType": "vector", "result": ["x"]}, "no number"),
        (None, "refused with 400: parse error"),
    ],
)
def test_no_single_number_is_no_reading(data: object, why: str, tmp_path: Path) -> None:
    """An empty result is never 0, and several are never summed up."""
    with prometheus({"q": data}) as (url, _):
        probe = {"prometheus": {"url": url, "query": {"ok": "q"}}, "returns": {"ok": "double"}}
        found = asked(probe, tmp_path)
    assert found.values is None
    assert why in found.why
