"""The task text on attachments that were named and made to harm."""

from __future__ import annotations

import hashlib
import os
import select
import signal
import subprocess
import sys

import pytest
from tests_support.mails import attachment, begin_ingest, insert, mail

from postroom.progress import silent
from postroom.tasks import text

NAMES = [
    *(
        "../../../etc/passwd",
        "..\\..\\boot.ini",
        "/dev/zero",
        ".",
        "..",
        "",
        "a/b\\c.txt",
        "con.txt",
    ),
    *(
        "nul\ufffd.docx.exe",
        "\u202etxt.exe",
        "x" * 5000 + ".txt",
        "a.\u00fc\U0001f600",
        ".txt",
        "a.",
        "%s%n",
    ),
    *("'; DROP TABLE documents; --", "$(touch pwned).txt", "-rf", "\ufffd", " ", "\n.txt"),
]
ROWS = """SELECT a.file_name, d.status, d.text_excerpt, d.error_message FROM documents d
    JOIN email_attachments a ON a.id = d.attachment_id ORDER BY a.attachment_nid"""


def stored(store, pst_file_id, data: bytes) -> dict[str, object]:
    digest = hashlib.sha256(data).hexdigest()
    key = f"pst-v2/{pst_file_id}/objects/{digest[:2]}/{digest}"
    store.path_for(key).parent.mkdir(parents=True, exist_ok=True)
    store.path_for(key).write_bytes(data)
    return {"attachment_hash": digest, "s3_key": key, "s3_bucket": "local"}


def outcome(archive, store, columns):
    """Rows of documents after the task, for attachments with these columns."""
    claim = begin_ingest(archive)
    email = mail(claim.pst_file_id, 36)
    rows = [
        attachment(email, number, **(each(claim.pst_file_id) if callable(each) else each))
        for number, each in enumerate(columns, start=1)
    ]
    with archive.transaction() as tx:
        insert(tx, "email_messages", [email])
        insert(tx, "email_attachments", rows)
    result = text.run(archive, store, claim.pst_file_id, claim, silent)
    with archive.transaction() as tx:
        return result, tx.rows(ROWS)


def test_no_name_of_an_attachment_is_a_path_or_a_command(archive, store, tmp_path):
    """Names are hints of a type and nothing else: each document is read, nothing lies elsewhere."""
    before = {path for path in tmp_path.rglob("*") if store.root not in path.parents}

    def named(number: int, name: str):
        data = f"text {number}".encode()
        return lambda ingest: {"file_name": name, "mime_type": name, **stored(store, ingest, data)}

    result, rows = outcome(archive, store, [named(*each) for each in enumerate(NAMES)])
    assert [row["text_excerpt"] for row in rows] == [f"text {n}" for n in range(len(NAMES))]
    assert result.counts["ready"] == len(NAMES)
    after = {path for path in tmp_path.rglob("*") if store.root not in path.parents}
    assert {path.name for path in after - before} <= {"store"}
    assert {path.name for path in store.root.iterdir()} <= {"pst-v2", "cache"}


def test_only_content_by_value_becomes_a_document(archive, store):
    """Embedded messages, OLE, references and what could not be read are no documents."""

    def content(**columns: object):
        return lambda ingest: {**stored(store, ingest, b"text"), **columns}

    kinds = [content(method=method) for method in (0, 2, 3, 4, 5, 6, 7)]
    lost = content(attachment_hash=None, s3_key=None)
    result, rows = outcome(archive, store, [*kinds, lost, content()])
    assert result.counts["documents"] == len(rows) == 1


def test_an_object_that_is_missing_or_changed_fails_alone(archive, store):
    """Each says why, is an item error, and the others are read."""
    changed = hashlib.sha256(b"before").hexdigest()
    columns = [
        lambda ingest: {"file_name": "gone", **stored(store, ingest, b"1"), "s3_key": "x/gone"},
        lambda ingest: {"file_name": "no key", **stored(store, ingest, b"2"), "s3_key": None},
        lambda ingest: stored(store, ingest, b"after") | {"attachment_hash": changed},
        lambda ingest: {"file_name": "well", **stored(store, ingest, b"well")},
    ]
    result, rows = outcome(archive, store, columns)
    assert [row["status"] for row in rows] == ["FAILED", "FAILED", "FAILED", "READY"]
    assert "not the content" in rows[2]["error_message"]
    assert result.item_errors == 3


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is of Linux")
def test_a_busy_child_ends_with_its_parent(tmp_path):
    """A task that was killed leaves no process behind, also where its child never looks up."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    script = """
import sys
from pathlib import Path
from postroom.documents.children import Child, Limits, Request
child = Child(Limits())
child._process = child._start()
print(child._process.pid, flush=True)
child.ask(Request("fifo", "", "", ""), Path(sys.argv[1]))
"""
    command = [sys.executable, "-c", script, str(fifo)]
    signal.alarm(60)  # ends the test run, should the child never open the file
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        handle = os.pidfd_open(int(parent.stdout.readline()))
        with fifo.open("wb"):  # returns once the child has opened it and waits for its end
            signal.alarm(0)
            parent.send_signal(signal.SIGKILL)
            ended, _, _ = select.select([handle], [], [], 30)
        os.close(handle)
    assert ended
