"""v1 and the extractor on the same real files: where both read a mail, they read the same mail."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import corpus
from tests_support.ingests import register

from postroom.archive import open_archive
from postroom.claim import claimed
from postroom.errors import NotReadable
from postroom.legacy.ingest import run
from postroom.progress import silent
from postroom.store import FolderStore

EXTRACT = Path(sys.executable).with_name("pst-extract")
READ = (0, 5)
FOUND_BY_V2 = {"embedded", "orphan", "not_in_table"}
MAIL = (
    *("id", "pst_nid", "origin", "family_id", "folder_nid", "folder_index", "pst_message_path"),
    *("content_hash", "record_hash", "edrm_mih", "message_class", "subject", "from_address"),
    *("message_id", "message_id_source", "in_reply_to", "in_reply_to_source"),
    *("email_references", "email_references_source", "conversation_index", "header_date"),
    *("sent_filetime", "sent_utc", "received_filetime", "received_utc", "created_filetime"),
    *("sender_name", "sender_address_type", "sender_address", "sender_smtp"),
    *("representing_name", "representing_address_type", "representing_address"),
    *("representing_smtp", "display_to", "display_cc", "display_bcc", "conversation_topic"),
    *("modified_filetime", "importance", "message_flags", "transport_headers"),
    *("body_source", "body_html", "body_rtf", "code_page", "attachment_count"),
    *("decode_lossy", "family_position"),
)
MAIL_JSON = ("recipients", "categories", "metadata")
ATTACHMENT = (
    *("id", "email_id", "attachment_nid", "attachment_index", "method", "file_name", "long_name"),
    *("short_name", "created_filetime", "modified_filetime"),
    *("mime_type", "content_id", "is_inline", "is_hidden", "rendering_position"),
    *("size_bytes", "declared_size", "attachment_hash", "reference"),
)


class V1:
    """What v1 made of a file; `is_refused` if pypff could not open it."""

    def __init__(self, pst: Path, home: Path) -> None:
        archive, store = open_archive("pair", home=home, dsn=None), FolderStore(home / "store")
        self.ingest_id = register(archive, store, pst)
        self.is_refused = False
        with claimed(archive, self.ingest_id, "v1") as claim:
            try:
                run(archive, store, self.ingest_id, claim, silent)
            except NotReadable:
                self.is_refused = True
        with archive.transaction() as tx:
            self.mails = by_path(tx.rows("SELECT * FROM email_messages"))
            self.attachments = by_path(tx.rows("SELECT * FROM email_attachments"))
            self.errors = tx.rows("SELECT * FROM ingest_errors")

    def misses(self, mail: dict) -> bool:
        """Whether v1 said that it could not read this mail, or its folder, or the file."""
        place = mail["folder_nid"], mail["folder_index"]
        return self.is_refused or any(
            (error["kind"] == "folder" and error["folder_nid"] == mail["folder_nid"])
            or (
                error["kind"] == "message" and (error["folder_nid"], error["folder_index"]) == place
            )
            for error in self.errors
        )


def by_path(rows) -> dict[str, dict]:
    return {row["node_path"]: row for row in rows}


def records(out: Path, name: str) -> dict[str, dict]:
    with gzip.open(out / name, "rt", encoding="utf-8") as lines:
        return by_path(json.loads(line) for line in lines)


def differing(names, one: dict, other: dict) -> dict[str, tuple]:
    """The members of two records that differ; SQLite's 0 and 1 are false and true."""
    return {name: (one[name], other[name]) for name in names if one[name] != other[name]}


@pytest.mark.parametrize("row", corpus.each())
def test_v1_and_v2_agree_on_every_mail_that_both_read(row, tmp_path):
    """Hashes, places, ids and digests are the same; what only v2 reads, v1 said that it lost."""
    pst, out = corpus.path(row), tmp_path / "out"
    v1 = V1(pst, tmp_path / "home")
    command = [EXTRACT, pst, "--out", out, "--ingest-id", v1.ingest_id]
    extracted = subprocess.run(command, check=False, capture_output=True, text=True)
    if v1.is_refused and extracted.returncode == 3:
        pytest.skip("neither reads this file")
    assert extracted.returncode in READ, extracted.stderr
    mails = records(out, "emails.ndjson.gz")
    attachments = records(out, "attachments.ndjson.gz")
    assert set(v1.mails) <= set(mails)
    assert set(v1.attachments) <= set(attachments)
    for path, mail in mails.items():
        if path not in v1.mails:
            assert mail["origin"] in FOUND_BY_V2 or v1.misses(mail), path
            continue
        of_v1 = v1.mails[path]
        assert differing(MAIL, of_v1, mail) == {}, path
        parsed = {name: json.loads(of_v1[name]) for name in MAIL_JSON}
        assert differing(MAIL_JSON, parsed, mail) == {}, path
        assert (of_v1["body_text"] is None) == (mail["body_text"] is None)
        if mail["body_source"] == "plain":
            assert of_v1["text_hash"] == mail["text_hash"], path
    for path, attachment in attachments.items():
        if attachment["email_node_path"] in v1.mails:
            assert differing(ATTACHMENT, v1.attachments[path], attachment) == {}, path
