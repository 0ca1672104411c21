"""The task `thread`: which mail of an ingest answers which, the same for v1 and v2."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

from postroom import conversation
from postroom.archive import Archive
from postroom.archive.transaction import Row, Transaction
from postroom.claim import Claim
from postroom.conversation import Link, Mail, Threads
from postroom.progress import Progress
from postroom.store import FolderStore
from postroom.tasks.result import TaskResult

_READ = """SELECT id, node_path, message_id, in_reply_to, email_references, conversation_index,
    subject, from_address, recipients, sent_filetime, received_filetime
    FROM email_messages WHERE pst_file_id = :id AND parent_path IS NULL"""
_FORGET = """UPDATE email_messages SET thread_id = NULL, parent_message_id = NULL
    WHERE pst_file_id = :id AND (thread_id IS NOT NULL OR parent_message_id IS NOT NULL)"""
_PLACE = """UPDATE email_messages SET thread_id = :thread_id, parent_message_id = :parent_id
    WHERE id = :id"""
_LINK = """INSERT INTO email_thread_links
    (id, pst_file_id, email_id, parent_email_id, method, confidence)
    VALUES (:id, :pst_file_id, :email_id, :parent_email_id, :method, :confidence)"""


def run(
    archive: Archive, store: FolderStore, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Thread the mails of one ingest, in one transaction; a second run changes nothing.

    Embedded messages have no thread. Raises `ClaimHeld` where the claim is lost.
    """
    del store  # what is threaded is in the archive alone
    with archive.transaction() as tx:
        ids: dict[str, str] = {}
        mails = []
        for row in tx.rows(_READ, id=pst_file_id):
            ids[row["node_path"]] = row["id"]
            mails.append(_mail(row))
        progress("thread", 0, len(mails))
        found = conversation.threads(mails)
        _write(tx, pst_file_id, ids, found)
        claim.check(tx)
    progress("thread", len(mails), len(mails))
    counts = {"mails": len(mails), "links": len(found.links)}
    return TaskResult("thread", {**counts, "threads": len(set(found.thread_of.values()))})


def _mail(row: Row) -> Mail:
    sent = row["sent_filetime"]
    return Mail(
        key=row["node_path"],
        message_id=row["message_id"],
        in_reply_to=row["in_reply_to"],
        references=row["email_references"],
        conversation_index=row["conversation_index"],
        subject=row["subject"],
        sender=row["from_address"],
        recipients=tuple(_addresses(row["recipients"])),
        filetime=row["received_filetime"] if sent is None else sent,
    )


def _addresses(recipients: str) -> Iterator[str]:
    for recipient in json.loads(recipients):
        forms = (recipient.get(name) for name in ("smtp", "address", "name"))
        if address := next(filter(None, forms), ""):
            yield address.strip().lower()


def _write(tx: Transaction, pst_file_id: str, ids: dict[str, str], found: Threads) -> None:
    namespace = uuid.UUID(pst_file_id)
    parents = {link.child: ids[link.parent] for link in found.links}
    tx.change("DELETE FROM email_thread_links WHERE pst_file_id = :id", id=pst_file_id)
    tx.change(_FORGET, id=pst_file_id)
    places = (
        {
            "id": ids[key],
            "thread_id": str(uuid.uuid5(namespace, f"thread/{first}")),
            "parent_id": parents.get(key),
        }
        for key, first in found.thread_of.items()
    )
    tx.change_many(_PLACE, places)
    tx.change_many(_LINK, (_link_row(link, pst_file_id, ids) for link in found.links))


def _link_row(link: Link, pst_file_id: str, ids: dict[str, str]) -> dict[str, object]:
    return {
        "id": str(uuid.uuid5(uuid.UUID(pst_file_id), f"link/{link.child}")),
        "pst_file_id": pst_file_id,
        "email_id": ids[link.child],
        "parent_email_id": ids[link.parent],
        "method": link.method,
        "confidence": link.confidence,
    }
