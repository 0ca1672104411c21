"""The mails of an ingest, as threading wants them, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from sys import intern
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Row
from postroom.row_stream import streamed
from postroom.threads.by_subject import MOST_PEOPLE
from postroom.threads.conversation import conversation_index
from postroom.threads.item import ThreadItem
from postroom.threads.message_id import message_ids, own_message_id
from postroom.threads.subject import subject_of

# What is embedded in another mail is part of that one: it takes no part in a conversation.
_MAILS: Final = """SELECT id, pst_nid, node_path, sent_filetime, received_filetime, message_id,
    in_reply_to, email_references, conversation_index, subject, from_address, recipients
    FROM email_messages WHERE pst_file_id = :pst_file_id AND origin <> 'embedded'"""


def read_items(archive: Archive, pst_file_id: str) -> Iterator[ThreadItem]:
    """Yield every mail of the ingest but the embedded ones, in no order.

    Rows are streamed, and what repeats (ids that are referred to, addresses, subjects) is held
    once.
    """
    for row in streamed(archive, _MAILS, pst_file_id=pst_file_id):
        yield item_of(row)


def item_of(row: Row) -> ThreadItem:
    """Make the item of a row of `email_messages`."""
    subject = subject_of(row["subject"])
    own = own_message_id(row["message_id"])
    sender = _address(row["from_address"])
    return ThreadItem(
        email_id=row["id"],
        pst_nid=row["pst_nid"],
        node_path=row["node_path"],
        filetime=row["sent_filetime"] or row["received_filetime"] or None,
        message_id=intern(own) if own else None,
        in_reply_to=tuple(map(intern, message_ids(row["in_reply_to"]))),
        references=tuple(map(intern, message_ids(row["email_references"]))),
        conversation_index=conversation_index(row["conversation_index"]),
        subject=intern(subject.text),
        is_answer=subject.is_answer,
        is_forward=subject.is_forward,
        sender=intern(sender) if sender else None,
        recipients=_recipients(row["recipients"]),
    )


def _recipients(stored: str) -> tuple[str, ...]:
    found = (_address(each.get("smtp") or each.get("address")) for each in json.loads(stored))
    # In the order of their table, each once; nobody reads a list of thousands for one link.
    return tuple(map(intern, dict.fromkeys(filter(None, found))))[:MOST_PEOPLE]


def _address(text: str | None) -> str:
    return (text or "").strip().lower()
