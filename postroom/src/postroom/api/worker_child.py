"""The worker beside a service on SQLite: its child, begun again if it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

from postroom.api.log import Log
from postroom.api.settings import Settings

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_STOPPED_AFTER_S: Final = 30.0
# It ends with its parent, however that ends; where the system cannot say so, its row tells.
_PROGRAM: Final = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != int(sys.argv.pop(1)):
        sys.exit(0)
from postroom.cli import main
main()
"""


class WorkerChild:
    """Runs `postroom worker` until `stop`; one that ends by itself is begun again after a pause."""

    def __init__(self, settings: Settings, log: Log) -> None:
        where = settings.where
        engine = "both" if settings.is_v1_on else "v2"
        parent = [str(os.getpid())] if sys.platform == "linux" else []
        worker = ["worker", "--engine", engine, "--home", str(where.home)]
        self._command: Sequence[str] = (sys.executable, "-c", _PROGRAM, *parent, *worker)
        self._environment = where.place().environment()
        self._log = log
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="worker-child", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let it finish or give back its task; kill it if it does not end."""
        self._stopping.set()
        with self._lock:
            child = self._child
        if child is not None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(_STOPPED_AFTER_S)
            except subprocess.TimeoutExpired:
                child.kill()
        self._thread.join(_STOPPED_AFTER_S)

    def _keep(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            with self._lock:
                child = self._child = subprocess.Popen(
                    self._command, env=self._environment, stdin=subprocess.DEVNULL
                )
            self._log.line("worker", pid=child.pid)
            code = child.wait()
            if self._stopping.is_set():
                return
            self._log.line("worker-ended", level="error", code=code, again_in_s=pause_s)
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
