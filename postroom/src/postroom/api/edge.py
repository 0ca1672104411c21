"""The edge of the service: who is let in, what every answer carries, and one line of log for each.

It stands around the whole application, so that an answer of the framework itself (no such path, no
such method, a body that does not parse) is marked and logged like any other, and no error leaves it
with its text.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect

from cutline.errors import Problem
from cutline.routing.protocol import App, Message, Receive, Scope, Send, header
from postroom.api import reply
from postroom.api.access import LOCAL, Caller, Role, Tokens, require
from postroom.api.errors import Answer, answer_to, too_large, too_slow
from postroom.api.limits import Rate
from postroom.api.log import Log
from postroom.api.metrics import Requests
from postroom.api.origin import check_host, check_origin
from postroom.api.settings import Settings
from postroom.api.source import check_seen, named

NO_SOURCE: Final = "-"
"""What `X-Source-ID` says where a request named no source that it may see."""

# Nothing of a source is behind these: a page that asks for the token, what programs look at first.
OPEN: Final = re.compile(r"/|/page/[^/]+|/openapi\.json|/health")
_STREAMED: Final = ("/pst", "/imports")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DRAINED_BYTES: Final = 256 << 20
_DRAINED_S: Final = 10
_CHANGES: Final = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(slots=True)
class Call:
    """One request on its way: what is known of it, and what its line of log will say."""

    request_id: str
    method: str
    path: str
    begun_s: float
    caller: Caller | None = None
    source_id: str = NO_SOURCE
    backend: str | None = None
    status: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    is_begun: bool = False
    is_received: bool = False

    def answered_by(self, backend: str) -> None:
        """Note which engine the answer comes from, as `X-Backend` names it."""
        self.backend = backend


class Edge:
    """Lets requests in to `app`, one after the other checks."""

    def __init__(
        self, app: App, *, settings: Settings, tokens: Tokens | None, log: Log, requests: Requests
    ) -> None:
        self._app = app
        self._settings = settings
        self._tokens = tokens
        self._log = log
        self._requests = requests
        self._rate = Rate(settings.rate_per_s, settings.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = Call(_request_id(scope), scope["method"], scope["path"], time.perf_counter())
        scope.setdefault("state", {})["call"] = call
        try:
            counted = self._counted(call, receive)
            lingering = self._lingering(call, scope, counted, send)
            await self._serve(call, scope, counted, self._marked(call, lingering))
        finally:
            self._note(call, scope)

    async def _serve(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._admit(call, scope)
            if call.method in _CHANGES and call.path.rstrip("/") not in _STREAMED:
                receive = await self._whole(scope, receive)
            await self._app(scope, receive, send)
        except ClientDisconnect:
            return
        except Problem as problem:
            self.tell(problem, call)
            await self._answer(call, answer_to(problem), send)
        except Exception as error:  # noqa: BLE001  # the last one who can: a bug is told without its text
            self._log.bug(error, call.request_id)
            await self._answer(call, reply.INTERNAL, send)

    def tell(self, problem: Problem, call: Call) -> None:
        """Log a problem that is ours and not the client's."""
        if answer_to(problem).status >= reply.INTERNAL.status:
            self._log.problem(problem, call.request_id)

    def _admit(self, call: Call, scope: Scope) -> None:
        """Raise the reason for which a request is not let in."""
        host = header(scope, "host")
        if self._tokens is None:
            check_host(host)
        fetch_site = header(scope, "sec-fetch-site")
        check_origin(call.method, host, header(scope, "origin"), fetch_site)
        authorization = header(scope, "authorization")
        is_open = OPEN.fullmatch(call.path) is not None
        try:
            if self._tokens is None:
                call.caller = LOCAL
            elif authorization or not is_open:
                call.caller = self._tokens.caller(authorization)
        finally:
            self._rate.take(call.caller.name if call.caller else _address(scope))
        if call.caller is not None:
            source_id = named(*self._sources_named(scope), self._settings.where.source_id)
            check_seen(call.caller, source_id)
            call.source_id = source_id
            require(call.caller, _role_for(call))

    def _sources_named(self, scope: Scope) -> tuple[list[str], list[str]]:
        wanted = self._settings.source_header.lower().encode()
        in_headers = [v.decode("latin-1") for k, v in scope["headers"] if k.lower() == wanted]
        query = scope["query_string"].decode("latin-1")
        pairs = parse_qsl(query, keep_blank_values=True)
        return in_headers, [value for name, value in pairs if name == "source_id"]

    async def _whole(self, scope: Scope, receive: Receive) -> Receive:
        """Receive a small body at once, so that its bound and its time hold before it is parsed."""
        limit = self._settings.max_json_bytes
        if (length := header(scope, "content-length")).isdigit() and int(length) > limit:
            raise too_large(limit)
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.idle_s):
                async for piece in _pieces(receive):
                    body += piece
                    if len(body) > limit:
                        raise too_large(limit)
        except TimeoutError:
            raise too_slow(self._settings.idle_s) from None
        messages = iter([{"type": "http.request", "body": bytes(body), "more_body": False}])

        async def again() -> Message:
            for message in messages:
                return message
            return await receive()

        return again

    @staticmethod
    def _counted(call: Call, receive: Receive) -> Receive:
        async def counted() -> Message:
            message = await receive()
            call.bytes_in += len(message.get("body", b""))
            call.is_received = call.is_received or not message.get("more_body", False)
            return message

        return counted

    @staticmethod
    def _lingering(call: Call, scope: Scope, receive: Receive, send: Send) -> Send:
        """Make a refusal arrive that is sent while the body still comes.

        A line that is closed with bytes unread is reset, and the client never sees why. So the rest
        is taken in for a while before the end is sent. Who waits to be told to go on is not told.
        """
        waits = header(scope, "expect").lower() == "100-continue"

        async def lingering(message: Message) -> None:
            is_end = message["type"] == "http.response.body" and not message.get("more_body", False)
            is_early = not call.is_received and not (waits and not call.bytes_in)
            if is_end and is_early and call.method in _CHANGES:
                await send({**message, "more_body": True})
                await _drain(call, receive)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        return lingering

    def _marked(self, call: Call, send: Send) -> Send:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.is_begun = True
                call.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._marks(call, message)]
            elif message["type"] == "http.response.body":
                call.bytes_out += len(message.get("body", b""))
            await send(message)

        return marked

    def _marks(self, call: Call, message: Message) -> Iterator[tuple[bytes, bytes]]:
        given = {name.lower() for name, _ in message.get("headers", ())}
        marks = {
            "x-backend": call.backend or self._settings.backend,
            self._settings.source_header.lower(): call.source_id,
            "x-request-id": call.request_id,
            **reply.SAFE_HEADERS,
        }
        for name, value in marks.items():
            if name.encode() not in given:
                yield name.encode(), value.encode("latin-1")

    @staticmethod
    async def _answer(call: Call, answer: Answer, send: Send) -> None:
        if not call.is_begun:
            await reply.send_answer(answer, send)

    def _note(self, call: Call, scope: Scope) -> None:
        ms = round((time.perf_counter() - call.begun_s) * 1000, 1)
        route = reply.route_of(scope)
        self._requests.add(call.method, route, call.status, ms / 1000)
        self._log.line(
            "request",
            request_id=call.request_id,
            caller=call.caller.name if call.caller else NO_SOURCE,
            source_id=call.source_id,
            method=call.method,
            route=route,
            ids=reply.ids_of(scope),
            status=call.status or "cut",
            ms=ms,
            bytes_in=call.bytes_in,
            bytes_out=call.bytes_out,
        )


def _role_for(call: Call) -> Role:
    if call.path.rstrip("/") == "/metrics" or call.path.startswith("/admin/"):
        return "admin"
    return "writer" if call.method in _CHANGES else "reader"


def _request_id(scope: Scope) -> str:
    given = header(scope, "x-request-id")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _address(scope: Scope) -> str:
    client: Any = scope.get("client")
    return f"address {client[0]}" if client else "address"


async def _drain(call: Call, receive: Receive) -> None:
    most = call.bytes_in + _DRAINED_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAINED_S):
            while not call.is_received and call.bytes_in < most:
                await receive()


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return
