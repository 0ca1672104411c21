"""An archive for one request, which says whence its answer came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from postroom.api.through import Through
from postroom.archive.archive import Archive
from postroom.archive.transaction import Backend, Transaction

BACKENDS: Final[dict[Backend, str]] = {"sqlite": "sqlite", "postgres": "postgres_primary"}
"""How the service names the two engines."""


class Noted(Through):
    """The archive `archive`; `note` is told the engine of each transaction. See `Archive`."""

    def __init__(self, archive: Archive, note: Callable[[str], None]) -> None:
        super().__init__(archive)
        self._note = note

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
