"""An ASGI application behind a real server on a free port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from tests_support.waiting import until


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve `app` by uvicorn in a thread and yield its base URL."""
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="on", ws="none")
    server = uvicorn.Server(config)

    def run() -> None:
        with suppress(SystemExit):  # so it says that the application did not start
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), what="the server starts")
        if not server.started:
            raise AssertionError("the server did not start")
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
