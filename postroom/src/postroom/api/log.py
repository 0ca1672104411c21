"""Structured logs: one JSON object a line, and nothing in it that mail could have brought.

A line has fields that we chose. Search words, file names and bodies are in none of them, and the
text of an unknown error is left out, since it may quote what it failed on.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from cutline.errors import Problem

_SAFE_LOGGERS: Final = ("cutline.routing",)
_FRAMES: Final = 12


class Log:
    """Writes lines to a stream, whole ones, from any thread."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._lock = threading.Lock()

    def line(self, event: str, *, level: str = "info", **fields: Any) -> None:  # noqa: ANN401  # JSON
        """Write one line."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = json.dumps({"at": at, "level": level, "event": event, **fields}, ensure_ascii=True)
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()

    def problem(self, problem: Problem, request_id: str) -> None:
        """Write what a `Problem` says; its parts never quote mail."""
        said = {"code": problem.code, "what": problem.what, "where": problem.where}
        self.line("problem", level="error", request_id=request_id, **said, why=problem.why)

    def bug(self, error: BaseException, request_id: str) -> None:
        """Write where an unknown error came from: files, lines and functions, without its text."""
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        self.line("bug", level="error", request_id=request_id, error=kind, frames=frames_of(error))


def frames_of(error: BaseException) -> list[str]:
    """Give the innermost frames of an error's traceback."""
    found = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in found]


class LogHandler(logging.Handler):
    """Takes over what libraries log: routing as it is, of others only who logged what kind."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        level = record.levelname.lower()
        if record.name.startswith(_SAFE_LOGGERS):
            self._log.line("routing", level=level, message=record.getMessage())
        elif record.exc_info and record.exc_info[1] is not None:
            self._log.bug(record.exc_info[1], "-")
        else:
            # The form of a message is the library's own; its arguments may come from a request.
            self._log.line("library", level=level, logger=record.name, message=str(record.msg))


def take_over(log: Log) -> None:
    """Send what libraries log through `log`."""
    root = logging.getLogger()
    root.handlers = [LogHandler(log)]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    for name in ("httpx", "httpcore", "botocore", "boto3", "urllib3", "asyncio", "s3transfer"):
        logging.getLogger(name).setLevel(logging.WARNING)
