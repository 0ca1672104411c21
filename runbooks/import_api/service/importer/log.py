"""The log: one line an event, `<time> <level> <message>`, appended to one file."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from importer.clock import text_of


class _Line(logging.Formatter):
    """A message stays one line, whatever it holds."""

    def format(self, record: logging.LogRecord) -> str:
        at = text_of(datetime.fromtimestamp(record.created, UTC))
        message = record.getMessage()
        if record.exc_info:
            message += " " + self.formatException(record.exc_info)
        return f"{at} {record.levelname} {message}".replace("\n", "\\n").replace("\r", "\\r")


def open_log(path: Path) -> logging.Logger:
    """Send the log of this process to a file, and return the service's own logger."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_Line())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return logging.getLogger("importer")
