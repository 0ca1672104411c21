"""Postroom's HTTP service for tests: on a free port, over a socket, with a client beside it."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from postroom.api.app import create_app
from postroom.api.log import Log
from postroom.api.settings import Settings
from postroom.archive import Archive
from postroom.commands.where import Where
from tests_support.serving import served

_AT_SIZE = 184


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its address, a client, its default source and what it logs."""

    url: str
    client: httpx.Client
    where: Where
    stream: io.StringIO

    @property
    def archive(self) -> Archive:
        """The archive of the default source."""
        return self.where.archive()

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every line that was logged so far."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def uploads(self) -> list[Path]:
        """Every object that an upload left in the store."""
        store = self.where.store()
        return [self.where.home / "store" / key for key in store.keys("")]

    @property
    def scratch(self) -> list[Path]:
        """Every upload that lies in scratch now."""
        return list(self.where.home.rglob("*.upload"))

    def post(self, path: str, content: Any, **parameters: Any) -> httpx.Response:
        """Send a file."""
        headers = {"Content-Type": "application/octet-stream", **parameters.pop("headers", {})}
        return self.client.post(path, content=content, headers=headers, params=parameters)


@contextmanager
def service(where: Where, **settings: Any) -> Iterator[Service]:
    """Serve `where` and yield the running service."""
    stream = io.StringIO()
    app = create_app(Settings(where=where, **settings), Log(stream))
    with served(app) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Service(url, client, where, stream)


def pst(payload: bytes = b"", *, version: int = 23, declared: int | None = None) -> bytes:
    """Make bytes that look like a whole PST file to whoever reads its header alone."""
    head = bytearray(512)
    head[:4] = b"!BDN"
    struct.pack_into("<H", head, 10, version)
    size = len(head) + len(payload) if declared is None else declared
    struct.pack_into("<Q", head, _AT_SIZE, size)
    return bytes(head) + payload
