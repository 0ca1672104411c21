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
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from postroom.documents.ocr import TESSDATA
from postroom.documents.plain import storable
from postroom.errors import NoSuchObject

_READ_BYTES: Final = 1 << 16
_TICK_S: Final = 5.0
_LAST_WORDS_S: Final = 1.0
# JSON spells a character of the astral planes with twelve; the rest of a reply is short.
_REPLY_BYTES_A_CHARACTER: Final = 12
_REPLY_BYTES_BESIDE: Final = 1 << 16
# What strangers wrote is read without our secrets: nothing else of the environment goes along.
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", TESSDATA)
_ONE_THREAD: Final = {"OMP_THREAD_LIMIT": "1", "RAYON_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost; `characters` is how much of its text is kept."""

    timeout_s: float = 60.0
    memory_bytes: int = 1 << 30
    characters: int = 1 << 18
    children: int = 2


@dataclass(frozen=True, slots=True)
class Request:
    """Content to read: its bytes must be of `sha256`; `suffix` and `declared` type are hints.

    `key` says where it lies, to the store or to whoever else opens it.
    """

    key: str
    sha256: str
    suffix: str
    declared: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of a file, or why there is none; `is_final` if asking again would say the same."""

    text: str | None
    reason: str | None = None
    mime_type: str | None = None
    is_final: bool = True


Local = Callable[[str], AbstractContextManager[Path]]

_WORKER: Final = (sys.executable, "-P", "-m", "postroom.documents.worker")


class Child:
    """One process; it is started when it is first needed and again after it had to be ended."""

    def __init__(self, limits: Limits, program: Sequence[str] = _WORKER) -> None:
        self._limits = limits
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: Request, path: Path) -> Answer:
        """The text of one file; a child that dies or runs over its time gives the reason."""
        process = self._process = self._process or self._start()
        line = json.dumps(asdict(request) | {"path": str(path.absolute())})
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
        try:
            answer, is_grown = _answer(json.loads(reply))
        except (ValueError, KeyError, TypeError):
            self.end()
            return Answer(None, "the extractor answered what it should not", is_final=False)
        if is_grown:  # what one document took, the next must not lack
            self.end()
        return answer

    def end(self) -> None:
        """End the process and reap it."""
        if self._process is not None:
            self._process.kill()
            for stream in (self._process.stdin, self._process.stdout):
                _stream(stream).close()
            self._process.wait()
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        limits = (self._limits.memory_bytes, self._limits.characters, os.getpid())
        kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        return subprocess.Popen(
            [*self._program, *map(str, limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
            env=kept | _ONE_THREAD,
            cwd="/",
        )

    def _reply(self, process: subprocess.Popen[bytes]) -> bytes:
        output, deadline = (
            _stream(process.stdout).fileno(),
            time.monotonic() + self._limits.timeout_s,
        )
        most = self._limits.characters * _REPLY_BYTES_A_CHARACTER + _REPLY_BYTES_BESIDE
        reply = bytearray()
        while len(reply) <= most and not reply.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise TimeoutError
            piece = os.read(output, _READ_BYTES)
            if not piece:
                break
            reply += piece
        return bytes(reply)

    def _last_words(self, process: subprocess.Popen[bytes]) -> str:
        try:
            code = process.wait(_LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            self.end()
            return "the extractor answered without end"
        self.end()
        if code < 0:
            limit = self._limits.memory_bytes >> 20
            name = signal.Signals(-code).name
            return f"the extractor was ended by {name} (memory limit {limit} MiB)"
        return f"the extractor ended with code {code}"


def _answer(reply: dict[str, Any]) -> tuple[Answer, bool]:
    """Parse a reply: the answer, and whether the child used more than half of its memory."""
    is_grown = bool(reply["is_grown"])
    if "error" in reply:
        is_final = bool(reply["is_final"]) and not is_grown
        return Answer(None, storable(reply["error"]), is_final=is_final), is_grown
    left_out = None if reply["left_out"] is None else storable(reply["left_out"])
    return Answer(storable(reply["text"]), left_out, storable(reply["mime_type"])), is_grown


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise BrokenPipeError
    return stream


class Children:
    """A few children that share the work; `answers` hands out each answer as it comes.

    `local` gives the file of a key for as long as a child reads it; where it says that there is no
    such object, that is the answer.
    """

    def __init__(self, limits: Limits, local: Local) -> None:
        self._local = local
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
            with self._local(request.key) as path:
                return request, child.ask(request, path)
        except NoSuchObject as problem:
            return request, Answer(None, f"{problem.what}: {problem.why}", is_final=False)
        finally:
            self._idle.put(child)


@contextmanager
def children(limits: Limits, local: Local) -> Iterator[Children]:
    """Children for the length of a block."""
    pool = Children(limits, local)
    try:
        yield pool
    finally:
        pool.close()
