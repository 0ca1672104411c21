"""A process that moves a source and kills itself before a statement that it would send.

Run as `python -m tests_support.killed_move SOURCE HOME DSN N`: it dies before its Nth statement, of
either store, or prints how many there were.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.move.mover import move


class Counter:
    """Counts statements, and ends this process as a power cut would before one of them."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def __call__(self, *_: object) -> None:
        """Count one more."""
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Count each call of `function` before it is made."""

        def counted(*arguments: Any, **named: Any) -> Any:
            self()
            return function(*arguments, **named)

        return counted


def counting(last: int) -> Counter:
    """Count every statement of this process, to either store, and die before one of them."""
    counter = Counter(last)
    psycopg.Cursor.execute = counter.before(psycopg.Cursor.execute)  # type: ignore[method-assign]
    psycopg.Cursor.copy = counter.before(psycopg.Cursor.copy)  # type: ignore[method-assign]
    # BEGIN, COMMIT and ROLLBACK go this way.
    commands = counter.before(psycopg.Connection._exec_command)  # noqa: SLF001
    psycopg.Connection._exec_command = commands  # type: ignore[method-assign]  # noqa: SLF001
    connected = SqliteArchive.connect

    def traced(archive: SqliteArchive) -> sqlite3.Connection:
        connection = connected(archive)
        connection.set_trace_callback(counter)
        return connection

    SqliteArchive.connect = traced  # type: ignore[method-assign]
    return counter


def main(source_id: str, home: Path, dsn: str, last: int) -> None:
    """Move, and die on the way."""
    counter = counting(last)
    move(open_sqlite(source_id, home, create=False), dsn)
    sys.stdout.write(f"{counter.count}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
