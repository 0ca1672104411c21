"""A socket in front of a PostgreSQL server that a test can close and open."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo


class Gate:
    """Hands every connection on while it is open; closed, it cuts them and refuses new ones."""

    def __init__(self, folder: Path, target: str | tuple[str, int]) -> None:
        self._path = folder / ".s.PGSQL.5432"
        self._target = target
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    def open(self) -> None:
        """Let connections through."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._path))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Cut every connection and let none through."""
        self._path.unlink(missing_ok=True)
        with self._lock:
            ends = [*self._open, *([self._listener] if self._listener else [])]
            self._open.clear()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            family = socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET
            server = socket.socket(family)
            server.connect(self._target)
            with self._lock:
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


@contextmanager
def gate(server: str) -> Iterator[tuple[Gate, Path]]:
    """Yield an open gate before a server, and the folder that is the host of a DSN through it."""
    with psycopg.connect(server) as connection:
        host, port = connection.info.host, connection.info.port
    target = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
    with tempfile.TemporaryDirectory(prefix="gate-", dir="/tmp") as name:
        made = Gate(Path(name), target)
        made.open()
        try:
            yield made, Path(name)
        finally:
            made.close()


def through(folder: Path, dsn: str) -> str:
    """Make a DSN lead through a gate."""
    return make_conninfo(dsn, host=str(folder), port=5432)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            sink.sendall(piece)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
