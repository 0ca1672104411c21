"""The ledger of acknowledged writes sees what is missing, doubled or wrong, and judges no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests_support.mails import begin_ingest, insert, mail

from postroom.archive import open_archive

HERE = Path(__file__).parents[2]
NOW = "2026-11-20T12:34:56.123456Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A deployment whose source has one message with notes `a`, `b`, `b` and a value `one`."""
    archive = open_archive("acme", home=tmp_path / "home", dsn=None)
    claim = begin_ingest(archive)
    row = mail(claim.pst_file_id, 32)
    with archive.transaction() as tx:
        insert(tx, "email_messages", [row])
        for body in ("a", "b", "b"):
            note = {"id": str(uuid4()), "email_id": row["id"], "author": "w", "body": body}
            insert(tx, "item_notes", [note | {"created_at": NOW, "updated_at": NOW}])
        value = {"id": str(uuid4()), "email_id": row["id"], "name": "w", "value": '"one"'}
        insert(tx, "item_meta", [value | {"updated_at": NOW}])
    reached = {"home": str(tmp_path / "home"), "base_url": "", "log": ""}
    (tmp_path / "deployment.json").write_text(json.dumps(reached))
    (tmp_path / "item").write_text(str(row["id"]))
    return tmp_path


def judged(folder: Path, *lines: dict[str, Any]) -> dict[str, Any]:
    """What `ledger.py` says after these lines."""
    written = [json.dumps({"at": n / 10, "value": "", **line}) for n, line in enumerate(lines)]
    (folder / "writes.jsonl").write_text("".join(f"{line}\n" for line in written))
    command = [sys.executable, str(HERE / "ledger.py"), "--folder", str(folder)]
    done = subprocess.run([*command, "--source", "acme"], capture_output=True, text=True)  # noqa: PLW1510
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def line(kind: str, key: str, state: str = "done", value: str = "") -> dict[str, Any]:
    """A line of the ledger."""
    return {"kind": kind, "key": key, "state": state, "value": value}


def test_what_was_acknowledged_is_there_once(folder: Path) -> None:
    """A note that is not there is lost, one that is there more than once is told."""
    assert judged(folder, line("note", "a"))["lost"] == 0
    found = judged(folder, line("note", "a"), line("note", "b"), line("note", "c"))
    assert (found["acknowledged"], found["lost"], found["twice"]) == (3, 1, 1)


def test_what_was_deleted_or_set_is_held_to_it(folder: Path) -> None:
    """A deleted note that came back, and a value that is an older one, are wrong."""
    path = f"/items/{(folder / 'item').read_text()}/meta/w"
    assert judged(folder, line("value", path, value="one"))["wrong"] == 0
    assert judged(folder, line("value", path, value="two"))["wrong"] == 1
    gone = (line("note", "a"), line("gone", "a"))
    assert judged(folder, *gone)["wrong"] == 1


def test_what_was_not_answered_is_not_judged(folder: Path) -> None:
    """Under way, or with its connection cut: either outcome is right."""
    lines = [line("note", key, state) for key, state in (("x", "sent"), ("y", "unknown"))]
    found = judged(folder, line("note", "a"), line("gone", "a", "sent"), *lines)
    assert (found["lost"], found["twice"], found["wrong"]) == (0, 0, 0)


def test_the_longest_pause_is_between_acknowledgements(folder: Path) -> None:
    """What was sent and not acknowledged ends no pause."""
    lines = [line("note", "a"), *[line("note", "x", "sent")] * 8, line("note", "a")]
    assert judged(folder, *lines)["longest_pause_ms"] == pytest.approx(900)
