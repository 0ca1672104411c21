"""Routing and deprecation behind a real server, asked over a real socket."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from tests_support.serving import served

from cutline.routing import (
    Deprecation,
    DeprecationMarker,
    Exposition,
    Router,
    RoutingMiddleware,
    Switch,
    by_header,
    by_json,
)
from cutline.routing.body import member
from cutline.routing.protocol import App, Receive, Scope, Send

MARKED = Deprecation.of("@1772323200", "Mon, 01 Jun 2026 00:00:00 GMT", "/process-full-v2")


def answering(name: str, told: list[str]) -> Starlette:
    """Return an application that says its name, what it was told, and who started it."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        told_version = request.scope["cutline"]["version"]
        return JSONResponse({"app": name, "version": told_version, "body": body.decode()})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        told.append(f"{name} starts")
        yield
        told.append(f"{name} stops")

    return Starlette(routes=[Route("/import", answer, methods=["POST"])], lifespan=lifespan)


def test_requests_are_split_between_two_applications(caplog: pytest.LogCaptureFixture) -> None:
    """Each by its key; counted, and logged in exactly this form."""
    told: list[str] = []
    router = Router("import-api", Switch.fixed(50))
    app = RoutingMiddleware(answering("v1", told), router, v2=answering("v2", told))
    users = [f"user-{number}" for number in range(40)]
    with caplog.at_level(logging.INFO, "cutline.routing"), served(app) as base:
        with httpx.Client(base_url=base) as client:
            answers = {
                user: client.post("/import", headers={"x-user-id": user}, content=user).json()
                for user in users
            }
        assert told == ["v1 starts", "v2 starts"]
    assert told[2:] == ["v1 stops", "v2 stops"]
    for user, answer in answers.items():
        version = router.version(user).value
        assert answer == {"app": version, "version": version, "body": user}
    assert {answer["app"] for answer in answers.values()} == {"v1", "v2"}
    assert [r.getMessage() for r in caplog.records if "Routing" in r.msg] == [
        f"Routing import request {user} routed to {router.version(user)}" for user in users
    ]
    assert app.counts.total == 40


def test_one_application_is_told_the_version_and_bodies_come_whole() -> None:
    """By a member of the body, which the application still gets; over the limit it is v1's."""
    router = Router("s", Switch.fixed(0), keys={"ana": "v2"}, projects={"acme": "v2"})
    app = RoutingMiddleware(answering("one", []), router, identify=by_json(), body_limit_bytes=1000)
    bodies = [
        ('{"user_id": "ana"}', "v2"),
        ('{"user_id": "ben"}', "v1"),
        ('{"user_id": "ben", "project_id": "acme"}', "v2"),
        ('{"user_id": true}', "v1"),
        ("{broken", "v1"),
        ("", "v1"),
        (json.dumps({"user_id": "ana", "more": "x" * 900}), "v2"),
        (json.dumps({"user_id": "ana", "more": "x" * 1_100}), "v1"),
        (json.dumps({"user_id": "ana", "more": "x" * 200_000}), "v1"),
    ]
    with served(app) as base, httpx.Client(base_url=base) as client:
        for body, version in bodies:
            answer = client.post("/import", content=body).json()
            assert answer == {"app": "one", "version": version, "body": body}


def test_only_named_paths_are_routed() -> None:
    """A health check is no import: it is neither counted nor logged."""
    app = RoutingMiddleware(
        PlainTextResponse("v1"),
        Router("s", Switch.fixed(100)),
        v2=PlainTextResponse("v2"),
        identify=by_header(paths=("/import",)),
    )
    with served(app) as base, httpx.Client(base_url=base, headers={"x-user-id": "a"}) as client:
        assert client.get("/health").text == "v1"
        assert client.get("/import").text == "v2"
    assert app.counts.total == 1


def test_a_hostile_id_leaves_one_harmless_line(caplog: pytest.LogCaptureFixture) -> None:
    """No line end, no blank, a bounded length, whatever comes over the wire."""
    app = RoutingMiddleware(
        answering("v1", []), Router("s", Switch.fixed(0)), identify=by_json(), body_limit_bytes=9000
    )
    hostile = [
        "7\nRouting import request 8 routed to v2",
        "a routed to v2",
        "\u2028\x1b[2J",
        "x" * 5000,
    ]
    with (
        caplog.at_level(logging.INFO, "cutline.routing"),
        served(app) as base,
        httpx.Client(base_url=base) as client,
    ):
        for name in hostile:
            assert client.post("/import", json={"user_id": name}).status_code == 200
    lines = [record.getMessage() for record in caplog.records if "Routing" in record.msg]
    assert len(lines) == 4
    for line in lines:
        assert re.fullmatch(r"Routing import request [!-~]{1,128} routed to v1", line)


def test_an_application_without_a_lifespan_is_served_beside_one_with() -> None:
    """As servers do it for one application."""

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await PlainTextResponse("bare")(scope, receive, send)

    told: list[str] = []
    app = RoutingMiddleware(bare, Router("s", Switch.fixed(0)), v2=answering("v2", told))
    with served(app) as base:
        assert httpx.get(f"{base}/import").text == "bare"
    assert told == ["v2 starts", "v2 stops"]


def test_an_application_that_fails_to_start_fails_the_pair(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A v2 that cannot start is seen at the start, and not by the first user routed to it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        raise RuntimeError("no database")
        yield

    told: list[str] = []
    v1, v2 = answering("v1", told), Starlette(lifespan=lifespan)
    app = RoutingMiddleware(v1, Router("s", Switch.fixed(0)), v2=v2)
    with pytest.raises(AssertionError, match="did not start"), served(app):
        pass
    assert "no database" in capfd.readouterr().err
    assert told == ["v1 starts", "v1 stops"]


async def _object(_: Request) -> Response:
    return JSONResponse({"job": 1}, headers={"Deprecation": "true", "Link": "</x>; rel=next"})


async def _chunks(_: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b'{"a": [1, ', b"2]", b"}"):
            yield part

    return StreamingResponse(parts(), media_type="application/problem+json")


async def _large(_: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"a": "'
        for _ in range(40):
            yield b"x" * 65_536
        yield b'"}'

    return StreamingResponse(parts(), media_type="application/json")


def marked(paths: list[str]) -> DeprecationMarker:
    async def user(request: Request) -> Response:
        return PlainTextResponse((await request.body()).decode())

    app = Starlette(
        routes=[
            Route("/process-full", _object, methods=["POST", "HEAD", "GET"]),
            Route("/chunks", _chunks),
            Route("/large", _large),
            Route("/text", user, methods=["POST"]),
            Route("/kept", _object),
        ]
    )

    def caller(_scope: Scope, body: bytes) -> str:
        return member(body, "user_id")

    return DeprecationMarker(
        app, dict.fromkeys(paths, MARKED), caller=caller, body_limit_bytes=10_000
    )


def test_answers_of_a_deprecated_endpoint_say_so(caplog: pytest.LogCaptureFixture) -> None:
    """Headers of the RFCs, a member in JSON objects, a line in the log; other paths stay."""
    app = marked(["/process-full", "/chunks", "/text", "/missing"])
    with (
        caplog.at_level(logging.WARNING, "cutline.routing"),
        served(app) as base,
        httpx.Client(base_url=base, headers={"user-agent": "old-app/1"}) as client,
    ):
        answer = client.post("/process-full", json={"user_id": "ana"})
        chunks = client.get("/chunks")
        text = client.post("/text", content='{"user_id": "ben"}')
        missing = client.get("/missing")
        empty = client.head("/process-full")
        kept = client.get("/kept")
    assert Deprecation.from_headers(dict(answer.headers)) == MARKED
    assert answer.headers.get_list("deprecation") == ["@1772323200"]  # not the draft's beside it
    assert "</x>; rel=next" in answer.headers["link"]
    assert answer.json() == {"job": 1, "deprecation": MARKED.as_json()}
    assert chunks.json() == {"a": [1, 2], "deprecation": MARKED.as_json()}
    assert text.text == '{"user_id": "ben"}'
    assert missing.status_code == 404
    for one in (chunks, text, missing, empty):
        assert Deprecation.from_headers(dict(one.headers)) == MARKED
    assert "sunset" not in kept.headers
    assert kept.json() == {"job": 1}
    assert [record.getMessage() for record in caplog.records][:3] == [
        "[DEPRECATED] /process-full called by ana",
        "[DEPRECATED] /chunks called by -",
        "[DEPRECATED] /text called by ben",
    ]
    assert app.calls.total == 5
    first = next(row for row in app.calls.as_json() if row["caller"] == "ana")
    assert (first["path"], first["user_agent"], first["calls"]) == ("/process-full", "old-app/1", 1)


def test_a_large_answer_passes_through_as_it_is() -> None:
    """Nobody's gigabytes are held back for the sake of a notice; the headers are there."""
    with served(marked(["/large"])) as base:
        answer = httpx.get(f"{base}/large")
    assert Deprecation.from_headers(dict(answer.headers)) == MARKED
    assert {name: len(text) for name, text in answer.json().items()} == {"a": 40 * 65_536}


def test_a_path_with_a_line_end_in_it_forges_no_line(caplog: pytest.LogCaptureFixture) -> None:
    """A server decodes the path before we see it."""
    app = marked(["/a\n[DEPRECATED] /b"])
    with caplog.at_level(logging.WARNING, "cutline.routing"), served(app) as base:
        httpx.get(f"{base}/a%0A%5BDEPRECATED%5D%20/b")
    assert [record.getMessage() for record in caplog.records] == [
        "[DEPRECATED] /a%0A%5BDEPRECATED%5D%20/b called by -"
    ]


def test_counts_are_offered_as_text_and_as_json() -> None:
    """For Prometheus, and for a gate that lists who still calls v1."""
    switch = Switch.fixed(12.5)
    app: App = marked(["/process-full"])
    routed = RoutingMiddleware(app, Router("s", switch), identify=by_header(paths=("/kept",)))
    assert isinstance(app, DeprecationMarker)
    shown = Exposition(routed.counts, app.calls, switch=switch)
    with served(routed) as base, httpx.Client(headers={"user-agent": 'a"b'}) as client:
        client.post(f"{base}/process-full", json={"user_id": "ana"})
        client.get(f"{base}/kept", headers={"x-user-id": "u"})
    with served(PathOf("/metrics", shown)) as base:
        text = httpx.get(f"{base}/metrics")
        found = httpx.get(f"{base}/metrics", headers={"accept": "application/json"}).json()
        assert httpx.post(f"{base}/metrics").status_code == 405
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    labels = 'path="/process-full",caller="ana",user_agent="a\\"b"'
    assert f"cutline_deprecated_calls_total{{{labels}}} 1\n" in text.text
    assert "cutline_switch_percent 12.5\n" in text.text
    assert [row["calls"] for row in found["cutline_deprecated_calls_total"]] == [1]
    assert found["cutline_routed_total"][0]["why"] == "percent"


class PathOf:
    """Serves an application that has no lifespan."""

    def __init__(self, path: str, app: App) -> None:
        self._starlette = Starlette(routes=[Route(path, Endpoint(app), methods=["GET", "POST"])])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._starlette(scope, receive, send)


class Endpoint:
    """Starlette takes an instance with `__call__` for an ASGI application."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
