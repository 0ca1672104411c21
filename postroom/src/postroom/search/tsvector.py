"""The index in PostgreSQL: a column of type tsvector under a GIN index.

Neither its parser nor its dictionaries are used: a vector is written as text, word by word with its
positions, so the server's locale changes nothing. The weight of a position says its field.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from postroom.archive.transaction import Transaction
from postroom.search.pieces import BETWEEN, FIELDS, Field, Piece
from postroom.search.term import Term

# D is the default weight, and written as nothing: bodies are the most.
_WEIGHTS: Final[dict[Field, str]] = {"subject": "A", "sender": "B", "recipients": "C", "body": "D"}

_COPY: Final = "COPY search_pieces (email_id, pst_file_id, attachment_id, words) FROM STDIN"

# New entries are gathered and sorted before they go into the tree: page by page, not word by word.
_GATHERED: Final = (
    "SET LOCAL work_mem = '64MB'",
    "SET LOCAL gin_pending_list_limit = '64MB'",
)

# pglz, the default of PostgreSQL, takes three times as long. Some servers are built without lz4.
_FASTEST_COMPRESSION: Final = """SELECT set_config(name, 'lz4', true) AS x FROM pg_settings
    WHERE name = 'default_toast_compression' AND setting = boot_val AND 'lz4' = ANY (enumvals)"""


class TsvectorIndex:
    """`search_pieces.words` holds the words of a piece."""

    def forget(self, tx: Transaction, pst_file_id: str) -> None:
        """See `WordIndex.forget`."""
        tx.change("DELETE FROM search_pieces WHERE pst_file_id = :id", id=pst_file_id)

    def add(
        self, tx: Transaction, pst_file_id: str, pieces: Iterable[tuple[str, str | None, Piece]]
    ) -> int:
        """See `WordIndex.add`."""
        for setting in _GATHERED:
            tx.connection.execute(setting)
        tx.row(_FASTEST_COMPRESSION)
        number = 0
        with tx.connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for number, (email_id, attachment_id, piece) in enumerate(pieces, start=1):  # noqa: B007
                copy.write_row((email_id, pst_file_id, attachment_id, vector(piece)))
        return number

    def found(self, terms: tuple[Term, ...], name: str) -> tuple[str, str]:
        """See `WordIndex.found`."""
        query = f"SELECT {{}} FROM search_pieces p WHERE p.words @@ CAST(:{name} AS tsquery)"  # noqa: S608  # ours
        return query, " | ".join(map(_query, terms))


def vector(piece: Piece) -> str:
    """Spell a piece as the text of a tsvector.

    A position is left free between two fields, so that no phrase goes from one into the next.
    """
    places: dict[str, list[str]] = {}
    at = 0
    for field, weight in zip(piece, ("A", "B", "C", ""), strict=True):
        for word in field:
            at += 1
            place = f"{at}{weight}"
            if word in places:
                places[word].append(place)
            else:
                places[word] = [place]
        at += 1
    places.pop(BETWEEN, None)
    return " ".join([f"'{word}':{','.join(each)}" for word, each in places.items()])


def _query(term: Term) -> str:
    """Spell a term as a tsquery; words hold neither quotes nor backslashes."""
    marks = "" if term.fields == FIELDS else "".join(_WEIGHTS[field] for field in term.fields)
    *begin, last = (f"'{word}'" for word in term.words)
    spelled = [f"{word}:{marks}" if marks else word for word in begin]
    ending = f"{'*' if term.is_prefix else ''}{marks}"
    spelled.append(f"{last}:{ending}" if ending else last)
    return f"({' <-> '.join(spelled)})"
