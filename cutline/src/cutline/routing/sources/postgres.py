"""A switch in PostgreSQL: a row of the table `cutline_switch`, which the engine sets."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql

from cutline.dsn import from_option
from cutline.errors import CannotMeasure, WrongUsage
from cutline.routing.percent import as_buckets

TABLE: Final = "cutline_switch"
"""The table `(name text primary key, percent int)` that holds switches, unless one is named."""

_READ = sql.SQL("SELECT percent::text FROM {} WHERE name = %s")
_TIMEOUT_S = 3


class Postgres:
    """A row by name, or by `schema.table/name`.

    The connection stays open; one that broke is opened anew at the next read.
    """

    __slots__ = ("_connection", "_dsn", "_pid", "_query", "_row")

    def __init__(self, dsn: str, row: str) -> None:
        if not dsn.startswith("env:") and _holds_password(dsn):
            raise WrongUsage(
                "a password in the URL of a switch is refused",
                where=f"postgres:…#{row}",
                why="it would stand in settings, logs and tracebacks",
                remedy=f"put the DSN into the environment: postgres:env:DATABASE_URL#{row}",
            )
        table, _, self._row = row.rpartition("/")
        self._query = _READ.format(sql.Identifier(*(table or TABLE).split(".")))
        self._dsn = dsn
        self._connection: psycopg.Connection | None = None
        self._pid = 0

    @property
    def name(self) -> str:
        """The row and, of the DSN, only the name of its variable."""
        return f"postgres:{self._dsn if self._dsn.startswith('env:') else '…'}#{self._row}"

    def read(self) -> int:
        """Return the buckets that the row holds now."""
        try:
            found = self._open().execute(self._query, (self._row,)).fetchone()
        except psycopg.Error as error:
            raise CannotMeasure(
                "the switch in PostgreSQL cannot be read",
                where=self.name,
                why=type(error).__name__,  # its text may quote the DSN
                remedy="cutline doctor --dsn env:NAME",
            ) from None
        if found is None:
            raise CannotMeasure(
                "no such switch in PostgreSQL",
                where=self.name,
                why="the table has no row of this name",
                remedy="insert it with percent 0",
            )
        return as_buckets(str(found[0]), self.name)

    def close(self) -> None:
        """Close the connection, if it is open and ours."""
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
        self._connection = None

    def _open(self) -> psycopg.Connection:
        if self._pid != os.getpid():  # forked: the connection is the parent's
            self._connection = None
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                from_option(self._dsn, self.name) if self._dsn.startswith("env:") else self._dsn,
                autocommit=True,
                connect_timeout=_TIMEOUT_S,
                application_name="cutline-switch",
                options=f"-c statement_timeout={_TIMEOUT_S}s",
                tcp_user_timeout=_TIMEOUT_S * 1000,
            )
            self._pid = os.getpid()
        return self._connection


def _holds_password(dsn: str) -> bool:
    parts = urlsplit(dsn)
    return bool(parts.password) or "password" in parse_qs(parts.query) or "password=" in dsn
