"""The supervisor: keeps the port, and one process that serves on it, alive."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

from importer.log import open_log
from importer.process import rss_mb
from importer.settings import Settings

_WATCH_MS: Final = 50
_FIRST_BACKOFF_S: Final = 0.05
_LONGEST_BACKOFF_S: Final = 2.0
_STEADY_S: Final = 10.0
_STOP_S: Final = 8.0


class Supervisor:
    """Keeps one service running on one port until a signal ends it.

    The listening socket is its own: while the service is down, clients wait instead of being
    refused. A process that grows over the memory limit is killed, as a platform would do it.
    """

    def __init__(self, settings: Settings, program: Path, arguments: list[str]) -> None:
        self._settings = settings
        self._command = [sys.executable, str(program), *arguments]
        self._log = open_log(settings.log)
        self._is_stopping = False
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Supervise until SIGTERM or SIGINT; return the exit code."""
        with (
            _lock(self._settings.db),
            socket.create_server(("127.0.0.1", self._settings.port), backlog=1024) as listening,
        ):
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._stop)
            self._announce(listening)
            restarts, backoff_s = 0, _FIRST_BACKOFF_S
            while not self._is_stopping:
                began = time.monotonic()
                self._watch(self._start(listening, restarts))
                if self._is_stopping:
                    break
                restarts += 1
                backoff_s = min(backoff_s * 2, _LONGEST_BACKOFF_S)
                if time.monotonic() - began > _STEADY_S:
                    backoff_s = _FIRST_BACKOFF_S
                self._log.error("restart %s in %.2f s", restarts, backoff_s)
                time.sleep(backoff_s)
        return 0

    def _announce(self, listening: socket.socket) -> None:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        if self._settings.port_file is not None:
            new = self._settings.port_file.with_suffix(".new")
            new.write_text(base_url + "\n")
            new.replace(self._settings.port_file)
        print(json.dumps({"base_url": base_url, "pid": os.getpid()}), flush=True)

    def _start(self, listening: socket.socket, restarts: int) -> subprocess.Popen[bytes]:
        theirs, ours = os.pipe()  # the child reads its end; ours closes with us
        fds = (listening.fileno(), theirs)
        child = subprocess.Popen(
            [*self._command, "--child", f"{fds[0]},{fds[1]},{restarts}"], pass_fds=fds
        )
        os.close(theirs)
        self._child, self._child_pipe = child, ours
        return child

    def _watch(self, child: subprocess.Popen[bytes]) -> None:
        """Wait until the process has ended, and say why it did."""
        limit_mb = self._settings.memory_limit_mb
        handle = os.pidfd_open(child.pid)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        stop_by = 0.0
        while not poll.poll(_WATCH_MS):
            if (size_mb := rss_mb(child.pid)) > limit_mb:
                self._log.error("OOMKilled process %s at %.0f MB", child.pid, size_mb)
                child.kill()
            if self._is_stopping:
                stop_by = stop_by or time.monotonic() + _STOP_S
                if time.monotonic() > stop_by:
                    child.kill()
        os.close(handle)
        os.close(self._child_pipe)
        code = child.wait()
        if not self._is_stopping:
            why = signal.Signals(-code).name if code < 0 else f"exit {code}"
            self._log.error("process %s died: %s", child.pid, why)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()


class _lock:  # noqa: N801  # used as a function
    """Holds the database for one supervisor; a second one is refused."""

    def __init__(self, db: Path) -> None:
        self._path = db.with_name(f"{db.name}.lock")

    def __enter__(self) -> None:
        self._file = self._path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(f"another service runs on this database: {self._path}") from None

    def __exit__(self, *_: object) -> None:
        self._file.close()
