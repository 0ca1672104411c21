"""Child processes that extract text, each under limits of time and memory."""

from __future__ import annotations

import json
import os
import queue
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_READ_BYTES: Final = 1 << 16
_TICK_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost; `characters` is how much of its text is kept."""

    timeout_s: float = 30.0
    memory_bytes: int = 4 << 30
    file_bytes: int = 1 << 30
    characters: int = 1 << 18
    children: int = 2


@dataclass(frozen=True, slots=True)
class Request:
    """A file to read; `suffix` of its name and `declared` type are hints."""

    path: Path
    suffix: str
    declared: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of a file, or why there is none; `is_final` if asking again would say the same."""

    text: str | None
    reason: str | None = None
    mime_type: str | None = None
    is_final: bool = True


class Child:
    """One process; it is started when it is first needed and again after it had to be ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: Request) -> Answer:
        """The text of one file; a child that dies or runs over its time gives the reason."""
        process = self._process = self._process or self._start()
        line = json.dumps(
            {
                "path": str(request.path),
                "suffix": request.suffix,
                "declared": request.declared,
            }
        )
        try:
            _stream(process.stdin).write(line.encode() + b"\n")
            _stream(process.stdin).flush()
            reply = self._reply(process)
        except BrokenPipeError:
            reply = b""
        except TimeoutError:
            self.end()
            limit = f"limit: more than {self._limits.timeout_s:g} s"
            return Answer(None, limit, is_final=False)
        if not reply.endswith(b"\n"):
            return Answer(None, self._last_words(process), is_final=False)
        return self._answer(json.loads(reply))

    def end(self) -> None:
        """End the process and reap it."""
        if self._process is not None:
            self._process.kill()
            for stream in (self._process.stdin, self._process.stdout):
                _stream(stream).close()
            self._process.wait()
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        limits = (self._limits.memory_bytes, self._limits.file_bytes, self._limits.characters)
        command = [sys.executable, "-m", "postroom.documents.worker", *map(str, limits)]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )

    def _reply(self, process: subprocess.Popen[bytes]) -> bytes:
        output, deadline = (
            _stream(process.stdout).fileno(),
            time.monotonic() + self._limits.timeout_s,
        )
        reply = bytearray()
        while not reply.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise TimeoutError
            piece = os.read(output, _READ_BYTES)
            if not piece:
                break
            reply += piece
        return bytes(reply)

    def _last_words(self, process: subprocess.Popen[bytes]) -> str:
        code = process.wait()
        self.end()
        if code < 0:
            limit = self._limits.memory_bytes >> 20
            name = signal.Signals(-code).name
            return f"the extractor was ended by {name} (memory limit {limit} MiB)"
        return f"the extractor ended with code {code}"

    def _answer(self, reply: dict[str, str | int]) -> Answer:
        if "error" in reply:
            return Answer(None, str(reply["error"]), is_final=bool(reply["is_final"]))
        kept, characters = self._limits.characters, int(reply["characters"])
        reason = (
            f"limit: the first {kept} of {characters} characters" if characters > kept else None
        )
        return Answer(str(reply["text"]), reason, str(reply["mime_type"]))


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise BrokenPipeError
    return stream


class Children:
    """A few children that share the work; `answers` hands out each answer as it comes."""

    def __init__(self, limits: Limits) -> None:
        self._pool = ThreadPoolExecutor(limits.children)
        self._idle: queue.SimpleQueue[Child] = queue.SimpleQueue()
        self._all = [Child(limits) for _ in range(limits.children)]
        for child in self._all:
            self._idle.put(child)

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Answer] | None]:
        """Each request with its answer, in the order of answering; None from time to time."""
        waiting: set[Future[tuple[Request, Answer]]] = {
            self._pool.submit(self._ask, request) for request in requests
        }
        while waiting:
            done, waiting = wait(waiting, timeout=_TICK_S, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
            yield None

    def close(self) -> None:
        """End every child."""
        self._pool.shutdown(cancel_futures=True)
        for child in self._all:
            child.end()

    def _ask(self, request: Request) -> tuple[Request, Answer]:
        child = self._idle.get()
        try:
            return request, child.ask(request)
        finally:
            self._idle.put(child)


@contextmanager
def children(limits: Limits) -> Iterator[Children]:
    """Children for the length of a block."""
    pool = Children(limits)
    try:
        yield pool
    finally:
        pool.close()
