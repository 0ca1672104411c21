"""The log says what happened and holds nothing that mail has brought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests_support import synthetic
from tests_support.api import Service, pst, service
from tests_support.api_mails import fill

from postroom.api.item import read_item
from postroom.commands.where import Where
from postroom.ingest import ingest_file
from postroom.progress import silent


def texts_of(written: synthetic.Written) -> set[str]:
    """Every subject, body, name and address of a set that is long enough to be recognised."""
    names = ("subject", "body_text", "sender_name", "from_address", "pst_message_path")
    found = {str(email.get(name) or "") for email in written.of("email") for name in names}
    found |= {str(one.get("long_name") or "") for one in written.of("attachment")}
    for email in written.of("email"):
        found |= {str(one.get("smtp") or "") for one in email.get("recipients") or []}
    return {text[:60] for text in found if len(text) > 5}


def ask_everything(running: Service) -> None:
    """Use every route on every message, in right ways and in wrong ones."""
    client = running.client
    for row in client.get("/items", params={"limit": 500}).json()["items"]:
        path = f"/items/{row['id']}"
        item = client.get(path).json()
        client.post(f"{path}/notes", json={"body": item["body_text"] or "none"})
        client.put(f"{path}/meta/about", json={"value": item["subject"] or ""})
        client.put(f"{path}/meta/about", json={"wrong": item["subject"]})
        client.put(f"{path}/tags", json=[(item["subject"] or "x")[:90], {"a": item["subject"]}])
        client.get("/items", params={"folder": row["folder"], "limit": item["subject"]})
        client.get("/items", params={"tag": item["subject"], "after": item["subject"]})
        client.get(f"/{item['subject']}")
        for one in item["attachments"]:
            client.get(f"/attachments/{one['id']}/content")
            running.post("/pst", pst(), file_name=one["file_name"] or "x")
            running.post("/pst", b"no", file_name=one["file_name"] or "x")


def test_no_line_holds_anything_of_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a subject, a body, a name nor an address of a set, in no request, right or wrong.

    Not even where the service makes a mistake and its error quotes what it failed on.
    """
    written = synthetic.write(tmp_path, "family", "--mails", "8")
    where = Where("acme", tmp_path, None)
    archive, store = where.archive(create=True), where.store()
    ingest_file(written.pst, "v2", archive, store, "p", None, silent)
    hidden = texts_of(written)
    assert len(hidden) > 20
    with service(where) as running:
        ask_everything(running)

        def broken(*asked: Any) -> None:
            raise RuntimeError(read_item(*asked))

        monkeypatch.setattr("postroom.api.item.read_item", broken)
        for row in running.client.get("/items").json()["items"]:
            answer = running.client.get(f"/items/{row['id']}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
        log = running.stream.getvalue()
    assert len(log.splitlines()) > 100
    assert '"event": "bug"' in log
    for text in hidden:
        for form in (text, text.encode("unicode_escape").decode(), text.replace(" ", "+")):
            assert form not in log


def test_a_line_tells_who_asked_what(tmp_path: Path) -> None:
    """Time, caller, source, route, ids, status, milliseconds and bytes, by one id to find it."""
    where = Where("acme", tmp_path, None)
    with service(where) as running:
        item = fill(where.archive(), where.store()).ids[0]
        running.client.get(f"/items/{item}", headers={"X-Request-ID": "look"})
        [line] = [line for line in running.log if line.get("request_id") == "look"]
    assert line["event"] == "request"
    assert (line["caller"], line["source_id"]) == ("local", "acme")
    assert (line["method"], line["route"]) == ("GET", "/items/{item_id}")
    assert line["ids"] == {"item_id": item}
    assert line["status"] == 200
    assert line["bytes_out"] > 500
    assert set(line) >= {"at", "level", "ms", "bytes_in"}
