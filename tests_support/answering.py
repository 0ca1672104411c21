"""A small HTTP server on a free port that answers as a test says, and remembers what was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


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


@contextmanager
def answering(answer: Callable[[Request], tuple[int, Any] | None]) -> Iterator[Server]:
    """Serve until the end of the block."""
    told = Server(answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"told": told}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        told.is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    told: Server
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw
        request = Request(self.command, self.path, dict(self.headers), body)
        self.told.requests.append(request)
        answer = self.told.answer(request)
        if answer is None:
            self.told.is_over.wait(60)
            self.close_connection = True
            return
        status, content = answer
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _any  # noqa: N815  # names of the library

    def log_message(self, *_args: Any) -> None:
        pass
