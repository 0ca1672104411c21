"""A service that answers wrongly on purpose: its questions and answers, changed on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cutline.routing.protocol import App, Message, Receive, Scope, Send
from postroom.api.app import create_app
from postroom.api.log import Log
from postroom.api.settings import Settings
from postroom.commands.where import Where
from tests_support.serving import served

NAMED = b"x-source-id"
_NO_CONTENT = 204
_FIRST_OF_OTHERS = 300


@dataclass
class Said:
    """One answer before it is sent; whatever is changed in it is what the client gets."""

    method: str
    path: str
    query: str
    source: str
    status: int
    headers: dict[str, str]
    body: Any = field(default=None)

    @property
    def is_ok(self) -> bool:
        """Whether it was a success."""
        return self.status < _FIRST_OF_OTHERS


@dataclass
class Tampering:
    """An application around another: `asked` may change a request, `said` an answer.

    A request for which `asked` returns True does not reach the application: `said` answers it.
    """

    app: App
    asked: Callable[[Scope], object] | None = None
    said: Callable[[Said], object] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        found = Said(
            scope["method"], scope["path"], scope["query_string"].decode(), _source(scope), 200, {}
        )
        if self.asked is not None and self.asked(scope) is True:
            await self._send(found, b"{}", send)
            return
        body = bytearray()

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                found.status = message["status"]
                found.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._send(found, bytes(body), send)

        await self.app(scope, receive, hold)

    async def _send(self, found: Said, body: bytes, send: Send) -> None:
        try:
            found.body = json.loads(body)
        except ValueError:
            found.body = None
        if self.said is not None:
            self.said(found)
        sent = body if found.body is None else json.dumps(found.body).encode()
        if found.status == _NO_CONTENT:
            sent = b""
        headers = {**found.headers, "content-length": str(len(sent))}
        listed = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": found.status, "headers": listed})
        await send({"type": "http.response.body", "body": sent})


def _source(scope: Scope) -> str:
    return next((v.decode() for k, v in scope["headers"] if k.lower() == NAMED), "")


@contextmanager
def tampered(where: Where, **changes: Any) -> Iterator[str]:
    """Serve `where` with these changes and yield the address."""
    with open("/dev/null", "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        app = create_app(Settings(where=where), Log(nowhere))
        with served(Tampering(app, **changes)) as url:
            yield url
