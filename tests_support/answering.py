"""A small HTTP server that answers JSON as a test says, and remembers what was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests_support import http_server


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Server:
    """`answer` returns a status and a JSON body, or None to never answer."""

    answer: Callable[[Request], tuple[int, Any] | None]
    requests: list[Request] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def reply(
        self, asked: http_server.Request, _handler: BaseHTTPRequestHandler
    ) -> http_server.Reply | None:
        """Answer one request."""
        request = Request(asked.method, asked.path, asked.headers, _as_json(asked.body))
        self.requests.append(request)
        answer = self.answer(request)
        if answer is None:
            self.is_over.wait(60)
            return None
        status, content = answer
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        return http_server.Reply(status, sent)


@contextmanager
def answering(answer: Callable[[Request], tuple[int, Any] | None]) -> Iterator[Server]:
    """Serve until the end of the block."""
    told = Server(answer)
    with http_server.serving(told.reply) as told.url:
        try:
            yield told
        finally:
            told.is_over.set()


def _as_json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
