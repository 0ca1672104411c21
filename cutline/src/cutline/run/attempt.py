"""One try of something long: a process of its own that outlives whoever started it.

The folder of a try holds `call.json` (what to do), `lock` (held by the process for as long as it
lives), `process.json` (it has begun), `output.txt`, and `outcome.json` (it has ended). So whoever
looks later knows which it is:

    outcome.json              it ended
    lock is held              it runs
    process.json alone        it was cut off
    none of them              it never began, and may be started
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutline.errors import CannotMeasure
from cutline.evidence import files
from cutline.run import leftovers

LOCK_HANDLE = 3
_HIGH = 10  # above every number that the child is given
_OURS: set[int] = set()  # processes of ours that nobody has waited for yet
_STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try by its folder."""

    folder: Path

    @property
    def output(self) -> Path:
        """Return the file into which everything is printed."""
        return self.folder / "output.txt"

    def start(
        self, call: Mapping[str, Any], secret: Mapping[str, Any], environ: Mapping[str, str]
    ) -> None:
        """Start the process unless this try has begun already; return at once.

        `call` is written down; `secret` reaches the process through memory alone, and `environ`
        is where it finds what the plan names. Raises
        `CannotWrite` where the folder cannot be written, and then nothing was started.
        """
        with files.writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock() as handle:
            if handle is None or self.has_begun or self.has_ended:
                return
            path = self.folder / "call.json"
            files.put(path, json.dumps(call, ensure_ascii=False, indent=1).encode())
            memory = _memory(json.dumps(secret).encode())
            _OURS.add(_spawn(path, handle, memory, environ))

    @property
    def has_begun(self) -> bool:
        """Say whether the process came as far as to say so."""
        return (self.folder / "process.json").exists()

    @property
    def has_ended(self) -> bool:
        """Say whether there is an outcome."""
        return (self.folder / "outcome.json").exists()

    def begin(self) -> None:
        """Say that this very process is the try; called by it alone, before it does anything."""
        about = leftovers.about(os.getpid())
        files.put_new(self.folder / "process.json", json.dumps(about).encode())

    def end_with(self, outcome: Mapping[str, Any]) -> None:
        """Say how the try ended, whole and synced; called by the process of the try alone."""
        files.put(self.folder / "outcome.json", json.dumps(outcome).encode())

    def ended(self) -> dict[str, Any] | None:
        """Return how it ended, or None if nothing says so. Raises `CannotMeasure` for damage."""
        path = self.folder / "outcome.json"
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise CannotMeasure(
                "the outcome of a step cannot be read", where=str(path), why=str(error)
            ) from error
        if not isinstance(found, dict):
            raise CannotMeasure("the outcome of a step is not an object", where=str(path))
        return found

    def is_running(self) -> bool:
        """Say whether the process lives."""
        _reap()
        if not self.folder.is_dir():
            return False
        with self._lock() as handle:
            return handle is None

    def clear(self) -> None:
        """End what the process left running when it was killed. Ends nothing else."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            about = json.loads((self.folder / "process.json").read_bytes())
            call = json.loads((self.folder / "call.json").read_bytes())
            leftovers.end(about, call["run"], call["key"])
        _reap()

    def end(self, timeout_s: float = 5.0) -> None:
        """End the process and all that it started, if it runs; a later try is never beside it."""
        until = time.monotonic() + timeout_s
        while self.is_running() and time.monotonic() < until:
            self.clear()
            time.sleep(_STEP_S)
        self.clear()

    def wait(self, timeout_s: float) -> dict[str, Any] | None:
        """Wait for the end, not longer than `timeout_s`; return what `ended` returns."""
        until = time.monotonic() + timeout_s
        while self.is_running() and time.monotonic() < until:
            time.sleep(_STEP_S)
        return self.ended()

    @contextlib.contextmanager
    def _lock(self) -> Iterator[int | None]:
        """Hold the lock of the try, or yield None if its process holds it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        with files.writing(self.folder / "lock"):
            opened = os.open(self.folder / "lock", flags, 0o644)
            handle = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, _HIGH)
            os.close(opened)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield handle
        finally:
            os.close(handle)


def _spawn(call: Path, lock: int, memory: int, environ: Mapping[str, str]) -> int:
    """Start the child; it inherits the lock, so there is no moment in which nobody holds it."""
    log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", "cutline.run.child", str(call)],
            environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, memory, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(call.with_name("child.log")), log, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, lock, LOCK_HANDLE),
            ],
        )
    finally:
        os.close(memory)


def _memory(content: bytes) -> int:
    """Return a handle to read `content` from, which lies in memory and on no disk."""
    made = os.memfd_create("call", os.MFD_CLOEXEC)
    files.write_all(made, content)
    os.lseek(made, 0, os.SEEK_SET)
    handle = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    os.close(made)
    return handle


def _reap() -> None:
    """Wait for those that ended, so that none stays a zombie."""
    for pid in tuple(_OURS):
        try:
            done, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            done = pid
        if done:
            _OURS.discard(pid)
