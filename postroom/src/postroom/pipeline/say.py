"""What a worker says while it works: one JSON object a line, never any mail content."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Final, Protocol, TextIO

_MOST_CHARACTERS: Final = 300
_SAME_S: Final = 10.0


class Say(Protocol):
    """Tells an event, with what belongs to it."""

    def __call__(self, event: str, /, **what: object) -> None:
        """Tell it at once."""
        ...


def say_nothing(event: str, /, **what: object) -> None:
    """Tell nobody."""


class JsonLines:
    """Writes each event as a line of JSON, from any thread."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._lock = threading.Lock()

    def __call__(self, event: str, /, **what: object) -> None:
        """Write one line; a reader that is gone is no reason to stop."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "event": event, **what}, ensure_ascii=False, default=str)
        with self._lock:
            try:
                self._out.write(line + "\n")
                self._out.flush()
            except (OSError, ValueError):
                return


class SaysWarnings(logging.Handler):
    """Hands on the warnings of a library, shortened and without their tracebacks.

    Of each place in the library one is told in ten seconds: while a database is away, a loop says
    the same at each turn.
    """

    def __init__(self, say: Say) -> None:
        super().__init__(logging.WARNING)
        self._say = say
        self._told_at: dict[tuple[str, int], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Say one warning."""
        place = (record.pathname, record.lineno)
        if record.created - self._told_at.get(place, 0.0) < _SAME_S:
            return
        self._told_at[place] = record.created
        message = record.getMessage().split("Traceback", 1)[0]
        text = " ".join(message.split())[:_MOST_CHARACTERS]
        self._say("library", level=record.levelname.lower(), name=record.name, says=text)
