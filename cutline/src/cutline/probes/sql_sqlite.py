"""A query on SQLite: a file that is there, opened read-only, ended by its timeout."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from cutline.probes.answer import NoReading
from cutline.probes.sql_row import Row, one_row
from cutline.run.reading import Question

_STEPS_BETWEEN_LOOKS = 10_000


def ask_sqlite(path: Path, query: str, question: Question, timeout_s: float) -> Row:
    """Return the one row of a query; `:from` and `:to` are ISO 8601 texts in UTC."""
    deadline = time.monotonic() + timeout_s
    values = {
        "from": question.since.isoformat(),
        "to": question.until.isoformat(),
        "side": question.side,
    }
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=timeout_s)) as connection:
            connection.execute("PRAGMA query_only = 1")
            connection.set_progress_handler(
                lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS
            )
            cursor = connection.execute(query, values)
            columns = [column[0] for column in cursor.description or ()]
            return one_row(columns, cursor.fetchmany(2) if columns else [])
    except (sqlite3.Error, sqlite3.Warning) as error:
        late = f"it ran longer than {timeout_s:g} s: " if time.monotonic() > deadline else ""
        raise NoReading("the query failed", why=f"{late}{error}") from error
