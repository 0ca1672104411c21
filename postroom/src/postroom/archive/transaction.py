"""One transaction on an archive, in SQL that both engines understand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

Backend = Literal["sqlite", "postgres"]
Row = Mapping[str, Any]

# A named parameter, but neither the second colon of a cast nor what is inside a quoted literal.
_PARAMETER: Final = re.compile(r"'[^']*'|::|:([a-z_][a-z0-9_]*)")


def for_postgres(sql: str) -> str:
    """Spell the parameters `:name` of `sql` as `%(name)s`, and a literal `%` as `%%`."""

    def spell(match: re.Match[str]) -> str:
        return f"%({match[1]})s" if match[1] else match[0]

    return _PARAMETER.sub(spell, sql.replace("%", "%%"))


class Transaction:
    """What can be asked and changed inside `with archive.transaction() as tx`.

    SQL is portable and takes parameters as `:name`. In both engines a uuid, a json and a timestamp
    arrive as text (`2026-11-20T12:34:56.123456Z`), a boolean as something true or false.
    `connection` is the DBAPI connection beneath, for what only one engine can.
    """

    def __init__(self, connection: Any, backend: Backend) -> None:  # noqa: ANN401  # of two drivers
        self.connection = connection
        self.backend: Backend = backend

    def rows(self, sql: str, **parameters: object) -> list[Row]:
        """Give every row, each a mapping of column to value."""
        cursor = self._execute(sql, parameters)
        return [self._mapping(cursor, row) for row in cursor.fetchall()]

    def row(self, sql: str, **parameters: object) -> Row | None:
        """Give the first row, or None."""
        cursor = self._execute(sql, parameters)
        row = cursor.fetchone()
        return None if row is None else self._mapping(cursor, row)

    def value(self, sql: str, **parameters: object) -> Any:  # noqa: ANN401  # a database value
        """Give the first column of the first row, or None."""
        row = self.row(sql, **parameters)
        return None if row is None else next(iter(row.values()))

    def change(self, sql: str, **parameters: object) -> int:
        """Run an INSERT, UPDATE or DELETE; hand back how many rows it touched."""
        return int(self._execute(sql, parameters).rowcount)

    def change_many(self, sql: str, parameters: Iterable[Mapping[str, object]]) -> None:
        """Run `sql` once for each mapping, in one batch."""
        cursor = self.connection.cursor()
        text = sql if self.backend == "sqlite" else for_postgres(sql)
        cursor.executemany(text, parameters)

    def _execute(self, sql: str, parameters: Mapping[str, object]) -> Any:  # noqa: ANN401  # cursor
        text = sql if self.backend == "sqlite" else for_postgres(sql)
        return self.connection.execute(text, parameters)

    @staticmethod
    def _mapping(cursor: Any, row: Any) -> Row:  # noqa: ANN401  # of two drivers
        if isinstance(row, dict):
            return row
        return dict(zip((column[0] for column in cursor.description), row, strict=True))
