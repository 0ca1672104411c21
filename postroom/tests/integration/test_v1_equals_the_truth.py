"""v1 against the truth of files that we write: two programs that share no code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support.ingests import register

from postroom.archive import open_archive
from postroom.claim import claimed
from postroom.legacy.ingest import run
from postroom.progress import silent
from postroom.store import FolderStore

SYNTH = Path(sys.executable).with_name("pst-synth")
FILES = [
    ("small", "unicode", "permute"),
    ("unicode", "unicode", "permute"),
    ("small", "ansi14", "none"),
    ("small", "ansi15", "cyclic"),
    ("deep", "unicode", "none"),
    ("family", "unicode", "cyclic"),
]
# v1 cannot know a family with embedded messages; the truth knows text only where it is plain.
IF_KNOWN = {"family_hash", "body_text", "text_hash"}
# Nor can it know how named properties are called.
NOT_COLUMNS = {"kind", "format", "embedded_path", "named_properties"}


def same(truth: dict, row: dict) -> dict[str, tuple]:
    """The members that differ."""
    found = {}
    for name, expected in truth.items():
        value = row.get(name)
        if (
            name in NOT_COLUMNS
            or name not in row
            or (name in IF_KNOWN and None in (expected, value))
        ):
            continue
        if isinstance(expected, list | dict):
            value = json.loads(value)
        if isinstance(expected, bool):
            value = bool(value)
        if value != expected:
            found[name] = (expected, value)
    return found


@pytest.mark.parametrize(("profile", "layout", "encoding"), FILES)
def test_v1_reads_what_was_written(profile, layout, encoding, tmp_path):
    """Every column and every hash of every mail that is not embedded is that of the truth."""
    pst, truth = tmp_path / "a.pst", tmp_path / "truth.ndjson"
    command = [SYNTH, profile, "--mails", "40", "--format", layout, "--encoding", encoding]
    subprocess.run([*command, "--out", pst, "--truth", truth], check=True, capture_output=True)
    archive = open_archive("truth", home=tmp_path, dsn=None)
    store = FolderStore(tmp_path / "store")
    pst_file_id = register(archive, store, pst)
    with claimed(archive, pst_file_id, "v1") as claim:
        run(archive, store, pst_file_id, claim, silent)
    with archive.transaction() as tx:
        mails = {row["node_path"]: row for row in tx.rows("SELECT * FROM email_messages")}
        attached = {row["node_path"]: row for row in tx.rows("SELECT * FROM email_attachments")}
    told = [json.loads(line) for line in truth.read_text().splitlines()]
    emails = [of for of in told if of["kind"] == "email" and of["origin"] != "embedded"]
    assert {of["node_path"] for of in emails} == set(mails) != set()
    found = {of["node_path"]: same(of, mails[of["node_path"]]) for of in emails}
    assert {path: differing for path, differing in found.items() if differing} == {}
    for of in told:
        if of["kind"] == "attachment" and "/" not in of["email_node_path"]:
            path = f"{of['email_node_path']}/{of['attachment_nid']:x}"
            assert same(of, attached.pop(path)) == {}
    assert attached == {}
