"""The task index: the words of an ingest's mails and attachments into the search index."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Transaction
from postroom.claim import Claim
from postroom.progress import Progress
from postroom.row_stream import streamed
from postroom.search.pieces import Piece, attachment_pieces, mail_pieces
from postroom.search.tables import add_mails, forget_mails, make_index, mark_indexed
from postroom.search.word_index import word_index
from postroom.store import Store
from postroom.tasks.result import TaskResult

_MAILS: Final = """SELECT id, subject, sender_name, sender_smtp, representing_name,
    representing_smtp, from_address, recipients, body_text
    FROM email_messages WHERE pst_file_id = :id"""

_ATTACHMENTS: Final = """SELECT a.id, a.email_id, a.file_name, d.text_excerpt
    FROM email_attachments a LEFT JOIN documents d ON d.attachment_id = a.id
    WHERE a.pst_file_id = :id"""

# Rows bring their texts with them.
_MAILS_AT_ONCE: Final = 500
_ATTACHMENTS_AT_ONCE: Final = 50

# Pages of the index are found all over the file.
_CACHE: Final = "PRAGMA cache_size = -131072"


def run(
    archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Index one ingest anew, in one transaction: until its end the old index is what is searched.

    Tables of the index that were dropped are made again. Raises `ClaimHeld` if the claim was lost.
    """
    del store
    start = time.perf_counter()
    with archive.transaction() as tx:
        if tx.backend == "sqlite":
            tx.connection.execute(_CACHE)
        mails, pieces = index_ingest(tx, archive, pst_file_id, progress)
        claim.check(tx)
    elapsed_s = time.perf_counter() - start
    metrics = {"elapsed_s": elapsed_s, "emails_per_s": mails / max(elapsed_s, 1e-9)}
    return TaskResult("index", {"emails": mails, "pieces": pieces}, metrics=metrics)


def index_ingest(
    tx: Transaction, archive: Archive, pst_file_id: str, progress: Progress
) -> tuple[int, int]:
    """Index one ingest anew as part of `tx`; say how many mails and pieces that are.

    The mails are read on other connections to `archive`.
    """
    make_index(tx)
    index = word_index(tx.backend)
    forget_mails(tx, pst_file_id)
    index.forget(tx, pst_file_id)
    mails = add_mails(tx, pst_file_id)
    pieces = index.add(tx, pst_file_id, _pieces(archive, pst_file_id, mails, progress))
    mark_indexed(tx, pst_file_id, mails, pieces)
    return mails, pieces


def _pieces(
    archive: Archive, pst_file_id: str, mails: int, progress: Progress
) -> Iterator[tuple[str, str | None, Piece]]:
    rows = streamed(archive, _MAILS, at_once=_MAILS_AT_ONCE, id=pst_file_id)
    for done, row in enumerate(rows, start=1):
        progress("mails", done, mails)
        for piece in mail_pieces(row):
            yield row["id"], None, piece
    rows = streamed(archive, _ATTACHMENTS, at_once=_ATTACHMENTS_AT_ONCE, id=pst_file_id)
    for done, row in enumerate(rows, start=1):
        progress("attachments", done, None)
        for piece in attachment_pieces(row["file_name"], row["text_excerpt"]):
            yield row["email_id"], row["id"], piece
