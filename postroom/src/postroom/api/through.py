"""An archive that stands before another one, and passes on what it does not change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroom.archive.archive import Archive
from postroom.archive.transaction import Backend, Transaction

if TYPE_CHECKING:
    import sqlalchemy


class Through:
    """All of `archive` but its transactions. See `Archive` for the promises."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

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
