"""How a worker comes to its end: no thread begins anything, and none goes on behind its back."""

from __future__ import annotations

import threading
from typing import NoReturn


class Stop:
    """Whether this worker is to end.

    A thread that would begin something is parked: it waits for the end of the process. So it
    neither records that its work is done nor that it failed, and whoever takes over repeats exactly
    what was in flight, as after a kill.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._parked = 0

    @property
    def is_asked(self) -> bool:
        """Whether the worker is to end."""
        return self._asked.is_set()

    @property
    def parked(self) -> int:
        """How many threads wait for the end of the process."""
        return self._parked

    def ask(self) -> None:
        """Have the worker end; safe in a signal handler."""
        self._asked.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the worker is to end, at most `timeout_s`; say whether it is."""
        return self._asked.wait(timeout_s)

    def pass_by(self) -> None:
        """Go on, or never return where the worker is to end."""
        if self.is_asked:
            self.park()

    def park(self) -> NoReturn:
        """Wait for the end of the process."""
        with self._lock:
            self._parked += 1
        while True:
            threading.Event().wait()
