"""Processes that run tasks, so that a task can be ended, and can die, without its worker."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Final

from postroom.pipeline.task_call import Answer, TaskCall
from postroom.progress import Progress

PROGRAM: Final = (sys.executable, "-P", "-m", "postroom.pipeline.task_child")

_TICK_S: Final = 0.1
_GRACE_S: Final = 3.0
_READ_BYTES: Final = 1 << 16
_MOST_LINE_BYTES: Final = 1 << 20


class TaskProcess:
    """One process, started when it is first needed and again after it had to be ended.

    Programs that a task starts are in its process group and end with it.
    """

    def __init__(self, program: Sequence[str], environment: Mapping[str, str]) -> None:
        self._program = tuple(program)
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, call: TaskCall, progress: Progress, is_over: Callable[[], bool]) -> Answer:
        """Run one task to its end, or until `is_over` says so: then it is ended at once."""
        process = self._process = self._process or self._start()
        try:
            _stream(process.stdin).write(call.as_line().encode())
            _stream(process.stdin).flush()
            given = self._listen(process, progress, is_over)
        except BrokenPipeError:
            given = None
        if given is None:
            answer = Answer("ended") if is_over() else Answer("again", _last_words(process))
            self.end()
            return answer
        if given.pop("is_grown", False):  # what one task took, the next must not lack
            self.end()
        return Answer(**given["answer"])

    def end(self) -> None:
        """End the process and every program that it started; it has a moment to clean up."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                _stream(stream).close()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
            env=self._environment,
        )

    def _listen(
        self, process: subprocess.Popen[bytes], progress: Progress, is_over: Callable[[], bool]
    ) -> dict[str, Any] | None:
        """Hear progress until the answer comes; None where the process ended or has to end."""
        heard = bytearray()
        output = _stream(process.stdout).fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while not is_over():
                if not selector.select(_TICK_S):
                    continue
                piece = os.read(output, _READ_BYTES)
                heard += piece
                if not piece or len(heard) > _MOST_LINE_BYTES:
                    return None
                while (end := heard.find(b"\n")) >= 0:
                    line = json.loads(heard[:end])
                    del heard[: end + 1]
                    if "answer" in line:
                        return dict(line)
                    progress(*line["progress"])
        return None


class TaskProcesses:
    """As many processes as tasks may run at once."""

    def __init__(
        self,
        most: int,
        program: Sequence[str] = PROGRAM,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        own = os.environ if environment is None else environment
        self._all = [TaskProcess(program, own) for _ in range(most)]
        self._idle: queue.LifoQueue[TaskProcess] = queue.LifoQueue()
        for process in self._all:
            self._idle.put(process)
        self._busy = 0
        self._changed = threading.Condition()

    def run(self, call: TaskCall, progress: Progress, is_over: Callable[[], bool]) -> Answer:
        """Run a task as soon as a process is free."""
        process = self._idle.get()
        self._count(1)
        started = time.monotonic()
        try:
            answer = process.run(call, progress, is_over)
        finally:
            self._count(-1)
            self._idle.put(process)
        elapsed_s = answer.elapsed_s or round(time.monotonic() - started, 3)
        return Answer(answer.kind, answer.reason, answer.item_errors, elapsed_s)

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until no task runs; say whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._busy == 0, timeout_s)

    def end(self) -> None:
        """End every process that runs no task; the others end with their tasks."""
        while True:
            try:
                self._idle.get_nowait().end()
            except queue.Empty:
                return

    def _count(self, change: int) -> None:
        with self._changed:
            self._busy += change
            self._changed.notify_all()


def _last_words(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        return "the process of the task answered what it should not"
    if code >= 0:
        return f"the process of the task ended with code {code}"
    name = signal.Signals(-code).name
    if -code == signal.SIGKILL:
        return f"the process of the task was ended by {name}: out of memory, or from outside"
    return f"the process of the task was ended by {name}"


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise BrokenPipeError
    return stream
