"""The index in SQLite: a table of FTS5 (https://www.sqlite.org/fts5.html).

Its tokenizer `ascii` cuts at blanks and leaves everything above ASCII alone, so it finds in what it
is given exactly the words that `words` made.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from postroom.archive.transaction import Transaction
from postroom.search.pieces import FIELDS, Piece
from postroom.search.term import Term

_WRITTEN_AT_ONCE: Final = 500

# FTS5 writes out what it gathered in memory: of larger heaps there is less to merge.
_GATHERED: Final = "INSERT INTO search_words (search_words, rank) VALUES ('hashsize', 33554432)"

_FORGET: Final = """DELETE FROM search_words WHERE rowid IN
    (SELECT number FROM search_pieces WHERE pst_file_id = :id)"""


class Fts5Index:
    """`search_words` holds the words of piece `number` in the row of that number."""

    def forget(self, tx: Transaction, pst_file_id: str) -> None:
        """See `WordIndex.forget`."""
        tx.change(_FORGET, id=pst_file_id)
        tx.change("DELETE FROM search_pieces WHERE pst_file_id = :id", id=pst_file_id)

    def add(
        self, tx: Transaction, pst_file_id: str, pieces: Iterable[tuple[str, str | None, Piece]]
    ) -> int:
        """See `WordIndex.add`."""
        tx.connection.execute(_GATHERED)
        before = int(tx.value("SELECT coalesce(max(number), 0) AS n FROM search_pieces"))
        number, left = before, iter(pieces)
        while batch := list(islice(left, _WRITTEN_AT_ONCE)):
            numbered = list(enumerate(batch, start=number + 1))
            tx.connection.executemany(
                "INSERT INTO search_pieces (number, email_id, pst_file_id, attachment_id)"
                " VALUES (?, ?, ?, ?)",
                ((n, mail, pst_file_id, attachment) for n, (mail, attachment, _) in numbered),
            )
            tx.connection.executemany(
                "INSERT INTO search_words (rowid, subject, sender, recipients, body)"
                " VALUES (?, ?, ?, ?, ?)",
                ((n, *map(" ".join, piece)) for n, (_, _, piece) in numbered),
            )
            number += len(batch)
        return number - before

    def found(self, terms: tuple[Term, ...], name: str) -> tuple[str, str]:
        """See `WordIndex.found`."""
        # CROSS JOIN: the words come first, then the pieces that have them.
        query = (
            "SELECT {} FROM search_words w CROSS JOIN search_pieces p ON p.number = w.rowid"  # noqa: S608  # ours
            f" WHERE w.search_words MATCH :{name}"
        )
        return query, " OR ".join(map(_match, terms))


def _match(term: Term) -> str:
    """Spell a term for MATCH; words hold neither quotes nor blanks, so it can be nothing else."""
    phrase = f'"{" ".join(term.words)}"{"*" if term.is_prefix else ""}'
    return phrase if term.fields == FIELDS else f"({{{' '.join(term.fields)}}} : {phrase})"
