"""The archive of one source, whichever engine holds it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from postroom.archive.transaction import Backend, Transaction

if TYPE_CHECKING:
    import sqlalchemy


class Archive(Protocol):
    """One source: a SQLite file or a PostgreSQL schema; it cannot see another source."""

    @property
    def source_id(self) -> str:
        """The source that this archive belongs to."""
        ...

    @property
    def backend(self) -> Backend:
        """`sqlite` or `postgres`."""
        ...

    @property
    def busy_errors(self) -> tuple[type[Exception], ...]:
        """What a connection raises while the database is locked or away."""
        ...

    def connect(self) -> Any:  # noqa: ANN401  # sqlite3.Connection or psycopg.Connection
        """Open a new DBAPI connection, confined to the source; the caller closes it.

        Rows are read by name (`row["id"]`); a uuid, a json and a timestamp arrive as text in both
        engines. SQLite: foreign keys and recursive triggers are on, a locked file is waited for,
        and the first write begins a transaction that holds the write lock. PostgreSQL: psycopg 3
        with the source's role and `search_path`.
        """
        ...

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction: committed at the end, rolled back by any exception.

        It has a connection of its own. On SQLite it takes the write lock at once, so that it never
        has to give up half-way.
        """
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction that only reads: it sees one moment and waits for no writer."""
        ...

    def admit(self, tx: Transaction, *, writes: bool) -> None:
        """Raise `Fenced` if this store is not where the source lives, as of this transaction.

        `transaction` and `reading` do it themselves, before anything else.
        """
        ...

    def sqlalchemy_engine(self) -> sqlalchemy.Engine:
        """Make an SQLAlchemy engine whose connections are confined in the same way."""
        ...

    def dsn_for_parity(self) -> str:
        """Say where a reader finds these tables without Postroom: `sqlite:////path` or a libpq URI.

        The URI names the role and the `search_path` of the source. It may hold a password: never
        print it.
        """
        ...
