"""Receives a PST file: in pieces, hashed, bounded, and never the whole of it in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from anyio import to_thread
from starlette.requests import Request

from postroom.api.errors import WrongMedia, too_large, too_slow
from postroom.api.pst_header import HEADER_BYTES, PstHeader
from postroom.api.scratch import Scratch
from postroom.api.settings import Settings
from postroom.errors import DiskRefused

_PIECE_BYTES: Final = 1 << 20
_KINDS: Final = ("", "application/octet-stream", "application/vnd.ms-outlook")


@dataclass(frozen=True, slots=True)
class Received:
    """A whole PST file in scratch."""

    path: Path
    size_bytes: int
    sha256: str


@dataclass(slots=True)
class _File:
    """What has come so far. Everything here runs in a thread, the disk may be slow."""

    file: IO[bytes]
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    size_bytes: int = 0
    head: bytes = b""

    def add(self, piece: bytes) -> None:
        """Write and hash a piece; raises `NoPst` as soon as that is clear."""
        if not self.head:  # the first piece holds the whole header, or the file is shorter
            self.head = piece[:HEADER_BYTES]
            PstHeader.parse(self.head)
        self.file.write(piece)
        self.digest.update(piece)
        self.size_bytes += len(piece)

    def finish(self) -> str:
        """Check that the file is whole; hand back its digest."""
        PstHeader.parse(self.head).check_whole(self.size_bytes)
        self.file.flush()
        return self.digest.hexdigest()


class Receiver:
    """Receives uploads into `scratch`, a bounded number at a time; others wait unread."""

    def __init__(self, settings: Settings, scratch: Scratch) -> None:
        self._settings = settings
        self.scratch = scratch
        self._turns = asyncio.Semaphore(settings.uploads_at_once)

    @asynccontextmanager
    async def received(self, request: Request) -> AsyncIterator[Received]:
        """Yield the PST file that is the body of `request`; it is removed at the end of the block.

        Raises `WrongMedia` and `NoPst` for another thing, `CutOff` for a file without its end,
        `TooLarge`, `TooSlow`, `DiskRefused`, and `ClientDisconnect` if the client went away.
        """
        self._check(request)
        async with self._turns:
            with self.scratch.file() as path:
                yield await self._receive(request, path)

    def _check(self, request: Request) -> None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _KINDS:
            raise WrongMedia(
                "the body has to be the file itself",
                where="header Content-Type",
                why="it is of another kind than application/octet-stream",
                remedy="curl --data-binary @mail.pst -H 'Content-Type: application/octet-stream'",
            )
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            return
        if int(length) > self._settings.max_upload_bytes:
            raise too_large(self._settings.max_upload_bytes)
        if int(length) > self.scratch.free_bytes():
            raise DiskRefused(
                "there is no room for this upload",
                where=str(self.scratch.files),
                why=f"{length} bytes are announced",
                remedy="make room on the disk of --home",
            )

    async def _receive(self, request: Request, path: Path) -> Received:
        with await to_thread.run_sync(path.open, "wb", 0) as file:
            so_far = _File(file)
            async for piece in self._pieces(request):
                if so_far.size_bytes + len(piece) > self._settings.max_upload_bytes:
                    raise too_large(self._settings.max_upload_bytes)
                await to_thread.run_sync(_written, so_far, piece)
            sha256 = await to_thread.run_sync(so_far.finish)
        return Received(path, so_far.size_bytes, sha256)

    async def _pieces(self, request: Request) -> AsyncIterator[bytes]:
        """Give the body in pieces of about a MiB; the first comes early, to refuse early."""
        held, wanted = bytearray(), HEADER_BYTES
        stream = request.stream()
        while True:
            try:
                async with asyncio.timeout(self._settings.idle_s):
                    chunk = await anext(stream, None)
            except TimeoutError:
                raise too_slow(self._settings.idle_s) from None
            if chunk is None:
                break
            held += chunk
            if len(held) >= wanted:
                yield bytes(held)
                held.clear()
                wanted = _PIECE_BYTES
        if held:
            yield bytes(held)


def _written(so_far: _File, piece: bytes) -> None:
    try:
        so_far.add(piece)
    except OSError as error:
        raise DiskRefused(
            "the upload cannot be written",
            where=str(so_far.file.name),
            why=error.strerror or str(error),
            remedy="make room on the disk of --home",
        ) from error
