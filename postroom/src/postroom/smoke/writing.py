"""What a reader writes: a note and a value, read back over HTTP and from the rows, then taken away.

A generation that is only looked at takes neither.
"""

from __future__ import annotations

import secrets

from postroom.smoke.asked import Asked
from postroom.smoke.verdict import Verdict, blind, failed, passed

_NOTE = "SELECT count(*) FROM item_notes WHERE email_id = :id AND body = :text"
_VALUE = "SELECT count(*) FROM item_meta WHERE email_id = :id AND name = :text"


def check_note(asked: Asked) -> Verdict:
    """A note is written, read, pinned and deleted."""
    if not asked.drawn:
        return blind("there is no message to write to")
    body = f"{asked.service.run} {secrets.token_hex(4)}"
    path = f"/items/{asked.drawn[0]}/notes"
    if asked.generation is not None:
        return _refused(asked, "POST", path, {"body": body}, _NOTE, body)
    return _note_lives(asked, path, body)


def check_value(asked: Asked) -> Verdict:
    """A value is set, read, set again and deleted."""
    if not asked.drawn:
        return blind("there is no message to write to")
    name = f"{asked.service.run}-{secrets.token_hex(4)}"
    path = f"/items/{asked.drawn[0]}/meta"
    if asked.generation is not None:
        return _refused(asked, "PUT", f"{path}/{name}", {"value": "one"}, _VALUE, name)
    return _value_lives(asked, path, name)


def _note_lives(asked: Asked, path: str, body: str) -> Verdict:
    made = asked.service.change("POST", path, json={"body": body})
    if not made.is_success:
        return failed(f"writing a note: answered {made.status_code}")
    note = f"{path}/{made.json()['id']}"
    try:
        if _rows(asked, _NOTE, body) != 1:
            return failed("the note that was acknowledged is not in the store of its source")
        pinned = asked.service.change("PUT", note, json={"body": body, "pinned": True})
        listed = [one for one in asked.service.get(path).json() if one["body"] == body]
        if not pinned.is_success or [one["pinned"] for one in listed] != [True]:
            return failed("the note that was pinned is not listed as pinned")
    finally:
        gone = asked.service.change("DELETE", note)
    if not gone.is_success or _rows(asked, _NOTE, body):
        return failed(f"deleting the note: answered {gone.status_code}")
    return passed("written, read, pinned and deleted")


def _value_lives(asked: Asked, path: str, name: str) -> Verdict:
    made = asked.service.change("PUT", f"{path}/{name}", json={"value": "one"})
    if not made.is_success:
        return failed(f"setting a value: answered {made.status_code}")
    try:
        if _rows(asked, _VALUE, name) != 1:
            return failed("the value that was acknowledged is not in the store of its source")
        again = asked.service.change("PUT", f"{path}/{name}", json={"value": "two"})
        if not again.is_success or asked.service.get(path).json().get(name) != "two":
            return failed("the value that was set again is not the one that is read")
    finally:
        gone = asked.service.change("DELETE", f"{path}/{name}")
    if not gone.is_success or name in asked.service.get(path).json():
        return failed(f"deleting the value: answered {gone.status_code}")
    return passed("set, read, set again and deleted")


def _refused(asked: Asked, method: str, path: str, body: object, query: str, text: str) -> Verdict:
    """Send a write to a generation that is only looked at: it is refused and leaves nothing."""
    answer = asked.service.change(method, path, json=body)
    if answer.is_success or _rows(asked, query, text):
        return failed(f"generation {asked.generation} took a write: {answer.status_code}")
    return passed(f"generation {asked.generation} refuses it: {answer.status_code}")


def _rows(asked: Asked, query: str, text: str) -> int:
    with asked.archive.reading() as tx:
        return int(tx.value(query, id=asked.drawn[0], text=text))
