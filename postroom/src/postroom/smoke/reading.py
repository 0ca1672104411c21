"""What a reader does: list, search, open a message and its attachments."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from datetime import date, timedelta
from typing import Any, Final

from postroom.smoke.asked import Asked
from postroom.smoke.verdict import Verdict, blind, failed, not_asked, passed

_WORD: Final = re.compile(r"\b[A-Za-z]{4,30}\b")
_MOST_HITS: Final = 100
_PAGES: Final = 20
_AGAIN_S: Final = 0.5
_PAUSE: Final = threading.Event()


def check_search(asked: Asked) -> Verdict:
    """A message is found by a word of its subject and the day it was sent."""
    row, word = _searched(asked)
    if row is None:
        return blind("no drawn message has a plain word in its subject")
    until = time.monotonic() + asked.wait_s
    while True:
        found, unindexed = _find(asked, row, word)
        if found:
            return passed(f"found item {row['id']}, ingests not in the index: {unindexed}")
        if unindexed and asked.generation is not None:
            return not_asked(f"{unindexed} ingests are not in its index yet")
        if not unindexed:
            return failed(f"a word of its subject does not find item {row['id']}")
        if time.monotonic() > until:
            return failed(f"{unindexed} ingests are not in the index after {asked.wait_s:g} s")
        _PAUSE.wait(_AGAIN_S)


def check_open(asked: Asked) -> Verdict:
    """The list counts all messages, its first one opens, and attachments are the bytes hashed."""
    listed = asked.service.get("/items", limit=1)
    if not listed.is_success:
        return failed(f"/items answers {listed.status_code}")
    page = listed.json()
    with asked.archive.reading() as tx:
        rows = tx.value("SELECT count(*) FROM email_messages")
    if page["total"] != rows and asked.service.get("/items", limit=1).json()["total"] != rows:
        return failed(f"/items counts {page['total']} messages, the rows are {rows}")
    opened = asked.service.get(f"/items/{page['items'][0]['id']}").json()
    differs = [name for name, value in page["items"][0].items() if _is_fixed(name, opened, value)]
    if differs:
        return failed(f"list and message differ in {', '.join(differs)}")
    return _attachment(asked)


def _is_fixed(name: str, opened: dict[str, Any], value: object) -> bool:
    return name not in ("tags", "pinned_notes") and opened.get(name) != value


def _attachment(asked: Asked) -> Verdict:
    for item_id in asked.drawn:
        for one in asked.service.get(f"/items/{item_id}").json()["attachments"]:
            content = asked.service.get(f"/attachments/{one['id']}/content")
            if not one["attachment_hash"] or not content.is_success:
                continue
            if hashlib.sha256(content.content).hexdigest() != one["attachment_hash"]:
                return failed(f"attachment {one['id']} is not the bytes that were hashed")
            return passed(f"list, message, and an attachment of {len(content.content):,} bytes")
    return passed("list and message; no drawn message has an attachment with bytes")


def _searched(asked: Asked) -> tuple[dict[str, Any] | None, str]:
    """Choose a message and the longest plain word of its subject."""
    for item_id in asked.drawn:
        row = asked.service.get(f"/items/{item_id}").json()
        words = _WORD.findall(row.get("subject") or "")
        if words and row["sent_utc"] and not row["is_embedded"]:
            return row, max(words, key=len)
    return None, ""


def _find(asked: Asked, row: dict[str, Any], word: str) -> tuple[bool, int]:
    """Look for the message on every page; say also how many ingests the index lacks."""
    day = date.fromisoformat(row["sent_utc"][:10])
    query: dict[str, Any] = {"q": word, "limit": _MOST_HITS, "after_date": day.isoformat()}
    query["before_date"] = (day + timedelta(days=1)).isoformat()
    unindexed = 0
    for _ in range(_PAGES):
        answer = asked.service.get("/search", **query)
        answer.raise_for_status()
        page = answer.json()
        unindexed = page["unindexed"]
        if any(hit["id"] == row["id"] for hit in page["hits"]):
            return True, unindexed
        if page["next"] is None:
            break
        query["after"] = page["next"]
    return False, unindexed
