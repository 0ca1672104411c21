"""A query on PostgreSQL: read-only, one statement, ended by its timeout."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cutline.probes.answer import NoReading
from cutline.probes.sql_parameters import numbered
from cutline.probes.sql_row import Row, one_row
from cutline.run.postgres_line import connect_timeout_s, hung_up_on
from cutline.run.reading import Question


def ask_postgres(dsn: str, query: str, question: Question, timeout_s: float) -> Row:
    """Return the one row of a query; raises `NoReading` with the server's words."""
    text, names = numbered(query)
    values = {"from": question.since, "to": question.until, "side": question.side}
    try:
        with _connected(dsn, timeout_s) as connection, hung_up_on(connection, timeout_s):
            cursor = psycopg.RawCursor(connection)
            cursor.execute(
                "SELECT set_config('statement_timeout', $1, true)",
                [f"{max(1, round(timeout_s * 1000))}ms"],
            )
            # Only a prepared statement is surely a single one: a second could end the
            # transaction, and with it what makes this one read-only.
            cursor.execute(text.encode(), [values[name] for name in names], prepare=True)
            columns = [column.name for column in cursor.description or ()]
            return one_row(columns, cursor.fetchmany(2) if columns else [])
    except (psycopg.Error, UnicodeError) as error:
        raise NoReading("the query failed", why=_said(error)) from error


def _connected(dsn: str, timeout_s: float) -> psycopg.Connection[tuple[object, ...]]:
    given = conninfo_to_dict(dsn)
    info = make_conninfo(
        dsn,
        connect_timeout=connect_timeout_s(timeout_s),
        application_name=given.get("application_name") or "cutline",
    )
    connection = psycopg.connect(info)
    connection.read_only = True
    return connection


def _said(error: Exception) -> str:
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return f"{error.diag.message_primary} ({error.sqlstate})"
    return " ".join(str(error).split())
