"""What a command prints, written to a file without known secrets while it is being printed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from cutline.evidence.secrets import Redactor

MOST_BYTES = 16 * 1024 * 1024
"""So much of the beginning is kept, and so much of the end."""

# A value of n bytes fills at most so many as JSON in JSON, where each byte is an escape of seven.
_WIDEST = 8


class Capture:
    """A file that grows line by line and never holds a known secret, not even for a moment.

    A value may come in two pieces: so much as the longest form of a value has is held back until
    more comes. Of more than twice `MOST_BYTES` the middle is left out, and the file says how much.
    """

    def __init__(self, path: Path, redactor: Redactor, values: Iterable[str] = ()) -> None:
        self._redactor = redactor
        self._held_back = max((len(one.encode()) for one in values), default=0) * _WIDEST
        self._file = path.open("wb", buffering=0)
        self._pending = b""
        self._kept = 0
        self._end: deque[bytes] = deque()
        self._end_bytes = 0
        self._dropped = 0
        self._lock = threading.Lock()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        with self._lock:
            clean = self._redactor.clean(self._pending + chunk)
            cut = max(len(clean) - self._held_back, 0)
            self._pending = clean[cut:]
            self._put(clean[:cut])

    def line(self, text: str) -> None:
        """Take one line of our own."""
        self.feed(f"{text}\n".encode())

    def close(self) -> None:
        """Write what was held back; nothing can be fed any more."""
        with self._lock:
            self._put(self._redactor.clean(self._pending))
            self._pending = b""
            if self._dropped:
                self._file.write(f"\n… {self._dropped} bytes left out …\n".encode())
            for one in self._end:
                self._file.write(one)
            self._file.close()

    def _put(self, clean: bytes) -> None:
        now = clean[: MOST_BYTES - self._kept]
        self._kept += len(now)
        self._file.write(now)
        rest = clean[len(now) :]
        if not rest:
            return
        self._end.append(rest)
        self._end_bytes += len(rest)
        while self._end_bytes - len(self._end[0]) >= MOST_BYTES:
            gone = len(self._end.popleft())
            self._end_bytes -= gone
            self._dropped += gone
