"""The task thread: which mail answers which, and what makes one conversation."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from postroom.archive.archive import Archive
from postroom.archive.transaction import Transaction
from postroom.claim import Claim
from postroom.progress import Progress
from postroom.store import Store
from postroom.tasks.result import TaskResult
from postroom.threads import Link, ThreadItem, roots, threads
from postroom.threads.item import METHODS
from postroom.threads.read import read_items

_INSERT: Final = """INSERT INTO email_thread_links
    (id, pst_file_id, email_id, parent_email_id, method, confidence)
    VALUES (:id, :pst_file_id, :email_id, :parent_email_id, :method, :confidence)"""

# An embedded message has neither: it belongs to its family, not to a conversation.
_FORGET: Final = """UPDATE email_messages SET thread_id = NULL, parent_message_id = NULL
    WHERE pst_file_id = :pst_file_id AND origin = 'embedded'
    AND (thread_id IS NOT NULL OR parent_message_id IS NOT NULL)"""

# Rows are found by their random ids all over the file: with a connection's own 2 MB of cache each
# would be read from the file again.
_CACHE: Final = "PRAGMA cache_size = -131072"

# Only what differs is written: a row carries its bodies with it.
_UPDATE_SQLITE: Final = """UPDATE email_messages
    SET thread_id = :thread_id, parent_message_id = :parent
    WHERE id = :id AND (thread_id IS NOT :thread_id OR parent_message_id IS NOT :parent)"""

_UPDATE_POSTGRES: Final = """UPDATE email_messages AS mail
    SET thread_id = told.thread_id, parent_message_id = told.parent FROM told
    WHERE mail.id = told.id AND (mail.thread_id IS DISTINCT FROM told.thread_id
    OR mail.parent_message_id IS DISTINCT FROM told.parent)"""


class _Placed(NamedTuple):
    """A mail, its thread, and its parent."""

    id: str
    thread_id: str
    parent: str | None


def run(
    archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Link the mails of one ingest and name their threads; a second run changes nothing.

    The id of a thread is the UUIDv5 of the ingest over the node path of its root. Everything is
    written in one transaction, or nothing. Raises `ClaimHeld` if the claim was lost.
    """
    del store
    start = time.perf_counter()
    items = list(_counted(read_items(archive, pst_file_id), progress))
    links = threads(items)
    placed = _placed(pst_file_id, items, links)
    with archive.transaction() as tx:
        if tx.backend == "sqlite":
            tx.connection.execute(_CACHE)
        _write_links(tx, pst_file_id, links, progress)
        _write_places(tx, pst_file_id, placed, progress)
        claim.check(tx)
    elapsed_s = time.perf_counter() - start
    metrics = {"elapsed_s": elapsed_s, "emails_per_s": len(items) / max(elapsed_s, 1e-9)}
    return TaskResult("thread", _counts(items, links, placed), metrics=metrics)


def _counted(items: Iterator[ThreadItem], progress: Progress) -> Iterator[ThreadItem]:
    for done, item in enumerate(items, start=1):
        progress("read", done, None)
        yield item


def _placed(pst_file_id: str, items: list[ThreadItem], links: list[Link]) -> list[_Placed]:
    ingest, ids = UUID(pst_file_id), dict[str, str]()
    parents = {link.email_id: link.parent_email_id for link in links}
    placed = []
    for email_id, root in roots(items, links).items():
        if root.node_path not in ids:
            ids[root.node_path] = str(uuid5(ingest, f"thread/{root.node_path}"))
        placed.append(_Placed(email_id, ids[root.node_path], parents.get(email_id)))
    return placed


def _write_links(tx: Transaction, pst_file_id: str, links: list[Link], progress: Progress) -> None:
    tx.change("DELETE FROM email_thread_links WHERE pst_file_id = :id", id=pst_file_id)
    ingest = UUID(pst_file_id)

    def rows() -> Iterator[dict[str, object]]:
        for done, link in enumerate(links, start=1):
            progress("links", done, len(links))
            yield {
                "id": str(uuid5(ingest, f"link/{link.email_id}")),
                "pst_file_id": pst_file_id,
                "email_id": link.email_id,
                "parent_email_id": link.parent_email_id,
                "method": link.method,
                "confidence": link.confidence,
            }

    tx.change_many(_INSERT, rows())


def _write_places(
    tx: Transaction, pst_file_id: str, placed: list[_Placed], progress: Progress
) -> None:
    tx.change(_FORGET, pst_file_id=pst_file_id)

    def rows() -> Iterator[_Placed]:
        for done, place in enumerate(placed, start=1):
            progress("threads", done, len(placed))
            yield place

    if tx.backend == "sqlite":
        tx.change_many(_UPDATE_SQLITE, (place._asdict() for place in rows()))
        return
    tx.change("CREATE TEMP TABLE told (id uuid, thread_id uuid, parent uuid) ON COMMIT DROP")
    copy_in = "COPY told (id, thread_id, parent) FROM STDIN"
    with tx.connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        for place in rows():
            copy.write_row(place)
    tx.change(_UPDATE_POSTGRES)


def _counts(items: list[ThreadItem], links: list[Link], placed: list[_Placed]) -> dict[str, int]:
    linked = {link.email_id for link in links}
    unanswered = sum(
        1 for item in items if (item.in_reply_to or item.references) and item.email_id not in linked
    )
    methods = Counter(link.method for link in links)
    return {
        "emails": len(items),
        "threads": len({place.thread_id for place in placed}),
        "links": len(links),
        **{f"links_by_{method}": methods[method] for method in METHODS},
        "parents_missing": unanswered,
    }
