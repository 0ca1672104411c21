"""A switch that is one row of a table in PostgreSQL, which we make."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql

from cutline.run.postgres_line import connect_timeout_s, hung_up_on
from cutline.switches.kind import SwitchNotSet, SwitchUnreadable, percent_of


@dataclass(frozen=True, slots=True, repr=False)
class PostgresSwitch:
    """The row `name`; `table` may name its schema. The DSN may hold a password."""

    dsn: str
    table: str
    name: str
    timeout_s: float

    def read(self) -> int:
        """Return the percent of the row; raises `SwitchUnreadable`, also where there is no row."""
        query = sql.SQL("SELECT percent FROM {} WHERE name = %s").format(self._table)
        try:
            with self._connection() as connection:
                row = connection.execute(query, (self.name,)).fetchone()
        except errors.UndefinedTable:
            row = None
        except psycopg.Error as error:
            raise SwitchUnreadable(
                "the switch could not be read", where=self._where, why=_why(error)
            ) from error
        if row is None:
            raise SwitchUnreadable(
                f"{self.name} is not set", where=self._where, why="there is no such row"
            )
        return percent_of(row[0], self._where)

    def set(self, percent: int) -> None:
        """Write the row, and the table if there is none; raises `SwitchNotSet`."""
        make = sql.SQL("CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY, percent int)")
        put = sql.SQL(
            "INSERT INTO {} (name, percent) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET percent = EXCLUDED.percent"
        ).format(self._table)
        try:
            with self._connection() as connection:
                try:
                    connection.execute(put, (self.name, percent))
                except errors.UndefinedTable:
                    connection.execute(make.format(self._table))
                    connection.execute(put, (self.name, percent))
        except psycopg.Error as error:
            raise SwitchNotSet(
                "the switch could not be set", where=self._where, why=_why(error)
            ) from error

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(*self.table.split("."))

    @property
    def _where(self) -> str:
        return f"{self.table}, {self.name}"

    @contextlib.contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        """Connect; a server that goes silent is hung up on after the timeout.

        Each statement commits for itself, so what is hung up on is done or was never done.
        """
        limit_ms = max(int(self.timeout_s * 1000), 1)
        with (
            psycopg.connect(
                self.dsn,
                autocommit=True,
                connect_timeout=connect_timeout_s(self.timeout_s),
                options=f"-c statement_timeout={limit_ms} -c lock_timeout={limit_ms}",
            ) as connection,
            hung_up_on(connection, self.timeout_s),
        ):
            yield connection


def _why(error: psycopg.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__
