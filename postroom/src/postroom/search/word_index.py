"""What an engine does with the words of mails: keeps them, forgets them, finds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from postroom.archive.transaction import Backend, Transaction
from postroom.search.fts5 import Fts5Index
from postroom.search.pieces import Piece
from postroom.search.term import Term
from postroom.search.tsvector import TsvectorIndex


class WordIndex(Protocol):
    """The tables `search_pieces` and, in SQLite, `search_words`."""

    def forget(self, tx: Transaction, pst_file_id: str) -> None:
        """Remove every piece of an ingest."""
        ...

    def add(
        self, tx: Transaction, pst_file_id: str, pieces: Iterable[tuple[str, str | None, Piece]]
    ) -> int:
        """Add pieces, each with the mail and the attachment that it is of; say how many."""
        ...

    def found(self, terms: tuple[Term, ...], name: str) -> tuple[str, str]:
        """Give a query for the pieces (as p) with one of `terms`, and its parameter `name`.

        Whether a term is looked for in mails, attachments or both is left to the caller.
        """
        ...


def word_index(backend: Backend) -> WordIndex:
    """Give the index of an engine."""
    return Fts5Index() if backend == "sqlite" else TsvectorIndex()
