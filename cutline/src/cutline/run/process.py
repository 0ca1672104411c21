"""A command that runs to its end, or to its timeout together with all that it started."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cutline.plan.duration import words

Sink = Callable[[bytes], None]
GRACE_S = 2.0  # between the request to end and the end by force
_LOOK_S = 0.05  # how soon an end is seen although something else still holds the output open
_CHUNK = 65536
_NOT_FOUND, _NOT_STARTED = 127, 126  # as a shell says it


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; `exit_code` is None where its timeout ended it."""

    exit_code: int | None
    why: str = ""

    @property
    def is_done(self) -> bool:
        """Say whether it exited with 0."""
        return self.exit_code == 0


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout_s: float,
    out: Sink,
    err: Sink | None = None,
) -> Ended:
    """Run an argument list in a process group of its own, its output handed to the sinks.

    It never raises for what the command does: what cannot be started says why. What the command
    left running in the background goes on; after a timeout the whole group is ended.
    """
    with _pipe() as (from_out, to_out), _pipe() as (from_err, to_err):
        try:
            process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=to_out.give(),
                stderr=to_err.give(),
                process_group=0,
            )
        except (OSError, ValueError) as error:
            return _not_started(argv, cwd, error)
        to_out.close()
        to_err.close()
        sinks = {from_out.give(): out, from_err.give(): err or out}
        return _watch(process, argv[0], timeout_s, sinks)


class _Handle:
    """One end of a pipe, closed once."""

    def __init__(self, number: int) -> None:
        self._number: int | None = number

    def give(self) -> int:
        """Return the descriptor; it stays ours."""
        if self._number is None:
            raise ValueError("this end is closed")
        return self._number

    def close(self) -> None:
        """Close it, if it is open."""
        if self._number is not None:
            os.close(self._number)
            self._number = None


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[_Handle, _Handle]]:
    ends = tuple(_Handle(number) for number in os.pipe())
    try:
        yield ends[0], ends[1]
    finally:
        for end in ends:
            end.close()


def _not_started(argv: Sequence[str], cwd: Path, error: Exception) -> Ended:
    reason = getattr(error, "strerror", None) or str(error)
    if not cwd.is_dir():
        return Ended(_NOT_STARTED, f"{argv[0]} was not started: there is no folder {cwd}")
    code = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_STARTED
    return Ended(code, f"{argv[0]} was not started: {reason}")


def _watch(
    process: subprocess.Popen[bytes], name: str, timeout_s: float, sinks: Mapping[int, Sink]
) -> Ended:
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        for handle, sink in sinks.items():
            os.set_blocking(handle, False)
            selector.register(handle, selectors.EVENT_READ, sink)
        is_late = False
        while not is_late and (selector.get_map() or process.poll() is None):
            has_ended = process.poll() is not None
            if not _move(selector, _LOOK_S) and has_ended:
                break  # it ended, and what it left running keeps the output open
            is_late = process.poll() is None and time.monotonic() > deadline
        if is_late:
            _end(process)
            _move(selector, 0)
    if is_late:
        return Ended(None, f"{name} was ended: it ran longer than {words(timeout_s)}")
    return _said(name, process.returncode)


def _move(selector: selectors.BaseSelector, timeout_s: float) -> bool:
    """Hand on what can be read now; say whether there was anything."""
    if not selector.get_map():
        time.sleep(timeout_s)  # the output is closed and the command goes on
        return False
    ready = selector.select(timeout_s)
    for key, _ in ready:
        chunk = os.read(key.fd, _CHUNK)
        if chunk:
            key.data(chunk)
        else:
            selector.unregister(key.fd)
    return bool(ready)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group: asked first, then by force, also what outlived its leader."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _said(name: str, code: int) -> Ended:
    if code < 0:
        return Ended(128 - code, f"{name} was ended by {signal.Signals(-code).name}")
    return Ended(code, f"{name} exited with {code}" if code else "")
