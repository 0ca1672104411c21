"""Mails to search in, indexed, and what a search of them should give."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from postroom.archive import Archive
from postroom.claim import Claim
from postroom.progress import silent
from postroom.search import SearchQuery, search
from postroom.search.pieces import recipient_texts, sender_texts
from postroom.search.term import Place, Term
from postroom.search.words import words
from postroom.store import FolderStore
from postroom.tasks import index
from tests_support.mails import attachment, begin_ingest, insert, mail

SENDERS = ("sender_name", "representing_name", "sender_smtp", "representing_smtp", "from_address")


def indexed(archive: Archive, store: FolderStore, mails: Sequence[dict[str, Any]]) -> Claim:
    """Make an ingest of `mails`, index it, hand back its claim.

    Each mail is its columns; `attached` is a list of file name and text of its attachments.
    """
    claim = begin_ingest(archive)
    with archive.transaction() as tx:
        for number, each in enumerate(mails, start=1):
            columns = {name: value for name, value in each.items() if name != "attached"}
            row = mail(claim.pst_file_id, number, **{"sent_filetime": number, **columns})
            insert(tx, "email_messages", [row])
            for nid, (name, text) in enumerate(each.get("attached", ()), start=1):
                of = attachment(row, nid, file_name=name)
                insert(tx, "email_attachments", [of])
                if text is not None:
                    insert(tx, "documents", [_document(of, text)])
    index.run(archive, store, claim.pst_file_id, claim, silent)
    return claim


def nids(archive: Archive, query: SearchQuery | str) -> list[int]:
    """Search, every page of two hits, and give the number of each mail that was found."""
    asked = SearchQuery(query) if isinstance(query, str) else query
    found: list[str] = []
    after = None
    while True:
        page = search(archive, asked, limit=2, after=after)
        found += [hit.email_id for hit in page.hits]
        after = page.next
        if after is None:
            break
    if page.total != len(found):
        raise AssertionError(f"{page.total} hits are counted and {len(found)} are given")
    with archive.reading() as tx:
        known = {
            row["id"]: row["pst_nid"] for row in tx.rows("SELECT id, pst_nid FROM email_messages")
        }
    return [known[each] for each in found]


def is_hit(each: dict[str, Any], terms: Sequence[Term]) -> bool:
    """Say by reading the mail alone whether a search has to find it."""
    return all(_has(each, term) != term.is_unwanted for term in terms)


def _has(each: dict[str, Any], term: Term) -> bool:
    return any(term.ends(words(text)) for text in _texts(each, term.place))


def _texts(each: dict[str, Any], place: Place | None) -> list[str]:
    sender = sender_texts({name: each.get(name) for name in SENDERS})
    recipients = recipient_texts(_json(each.get("recipients", [])))
    attached = [text or "" for pair in each.get("attached", ()) for text in pair]
    subject, body = [each.get("subject") or ""], [each.get("body_text") or ""]
    chosen: dict[Place | None, list[str]] = {
        "subject": subject,
        "sender": sender,
        "recipients": recipients,
        "people": sender + recipients,
        "body": body,
        "attachment": attached,
        None: subject + sender + recipients + body + attached,
    }
    return chosen[place]


def _json(recipients: list[dict[str, Any]]) -> str:
    return json.dumps(recipients)


def _document(of: dict[str, Any], text: str) -> dict[str, Any]:
    known = {name: of[name] for name in ("id", "pst_file_id", "email_id")}
    return {**known, "attachment_id": of["id"], "status": "READY", "text_excerpt": text}
