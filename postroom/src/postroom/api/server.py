"""Runs the service on a socket of its own until it is told to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from cutline.errors import CannotMeasure, CannotWrite
from postroom.api.app import create_app
from postroom.api.log import Log, take_over
from postroom.api.settings import Settings

DRAIN_S: Final = 30
"""How long requests that have begun may go on after SIGTERM."""

_BACKLOG: Final = 1024


class _Server(uvicorn.Server):
    """Says when it can be reached."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def run(settings: Settings, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve at `host` and `port` (0: any free one); call `announce` with the URL once it is up.

    SIGTERM and SIGINT end it: no new connections, what has begun may go on for `DRAIN_S`.
    """
    log = Log()
    take_over(log)
    app = create_app(settings, log)
    with _listener(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=DRAIN_S,
        )
        server = _Server(config, lambda: announce(url))
        # When it has drained, it raises the signal again: that must not end the process.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        server.run(sockets=[listener])
    if not server.started:
        raise CannotMeasure(
            "the service could not start", where=url, why="its log on standard error says why"
        )


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotWrite(
            "this address cannot be listened on",
            where=f"{host} port {port}",
            why=error.strerror or str(error),
            remedy="choose another with --port, or 0 for any free one",
        ) from error
    return listener
