"""An archive for one request, which says whence its answer came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Backend, Transaction

if TYPE_CHECKING:
    import sqlalchemy

BACKENDS: Final[dict[Backend, str]] = {"sqlite": "sqlite", "postgres": "postgres_primary"}
"""How the service names the two engines."""


class Noted:
    """The archive `archive`; `note` is told the engine of each transaction. See `Archive`."""

    def __init__(self, archive: Archive, note: Callable[[str], None]) -> None:
        self._archive, self._note = archive, note

    @property
    def source_id(self) -> str:
        """See `Archive.source_id`."""
        return self._archive.source_id

    @property
    def backend(self) -> Backend:
        """See `Archive.backend`."""
        return self._archive.backend

    @property
    def busy_errors(self) -> tuple[type[Exception], ...]:
        """See `Archive.busy_errors`."""
        return self._archive.busy_errors

    def connect(self) -> Any:  # noqa: ANN401  # as the archive's own
        """See `Archive.connect`."""
        return self._archive.connect()

    def sqlalchemy_engine(self) -> sqlalchemy.Engine:
        """See `Archive.sqlalchemy_engine`."""
        return self._archive.sqlalchemy_engine()

    def dsn_for_parity(self) -> str:
        """See `Archive.dsn_for_parity`."""
        return self._archive.dsn_for_parity()

    def admit(self, tx: Transaction, *, writes: bool) -> None:
        """See `Archive.admit`."""
        self._archive.admit(tx, writes=writes)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `Archive.transaction`."""
        with self._archive.transaction() as tx:
            self._note(BACKENDS[tx.backend])
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See `Archive.reading`."""
        with self._archive.reading() as tx:
            self._note(BACKENDS[tx.backend])
            yield tx
