"""The probe `sql`: one row of one query, read-only, on PostgreSQL or SQLite."""

from __future__ import annotations

from pathlib import Path

from cutline.plan.probe import Sql
from cutline.probes.answer import Answer, NoReading
from cutline.probes.context import Asked
from cutline.probes.sql_postgres import ask_postgres
from cutline.probes.sql_sqlite import ask_sqlite

_SQLITE = "sqlite:///"


def measure(config: Sql, asked: Asked) -> Answer:
    """Run the query with `:from`, `:to` and `:side` bound; exactly one row is an answer."""
    query = _query(config, asked)
    dsn = asked.text(config.dsn)
    if dsn.startswith(_SQLITE):
        path = asked.context.base / Path(dsn.removeprefix(_SQLITE))
        row = ask_sqlite(path, query, asked.question, asked.probe.timeout_s)
    else:
        row = ask_postgres(dsn, query, asked.question, asked.probe.timeout_s)
    return Answer(row)


def _query(config: Sql, asked: Asked) -> str:
    """Return the query as it was copied into the run."""
    if config.query is not None:
        return config.query
    if config.file is None:
        raise NoReading("the probe has neither `file` nor `query`")
    content = asked.context.files.get(config.file)
    try:
        if content is None:
            content = (asked.context.base / config.file).read_bytes()
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NoReading(f"{config.file} cannot be read", why=str(error)) from error
