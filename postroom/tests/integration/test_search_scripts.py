"""Mails in every script, read from a PST, are found by their words in both engines."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.archive import Archive, open_archive
from postroom.claim import claimed
from postroom.ingest import register, run_task
from postroom.progress import silent
from postroom.search import SearchHit, SearchPage, SearchQuery, search
from postroom.search.words import words
from postroom.store import FolderStore
from postroom.tasks import index

SYNTH = Path(sys.executable).parent / "pst-synth"

COPY = """INSERT INTO pst_files (id, project_id, file_name, s3_bucket, s3_key, sha256, engine,
    created_at) VALUES (:id, :project_id, :file_name, :s3_bucket, :s3_key, :sha256, :engine,
    :created_at)"""

TEXTS = "SELECT id, subject, body_text FROM email_messages ORDER BY pst_nid, node_path"


@pytest.fixture
def archives(
    tmp_path: Path, source_id: str, store: FolderStore, postgres_dsn: str
) -> list[Archive]:
    """Each engine with the same ingest of the profile `unicode`, indexed."""
    path = tmp_path / "unicode.pst"
    subprocess.run(
        [SYNTH, "unicode", "--mails", "40", "--out", path], check=True, capture_output=True
    )
    first, second = (
        open_archive(source_id, home=tmp_path, dsn=dsn) for dsn in (None, postgres_dsn)
    )
    pst_file_id = register(path, "v2", first, store, "p", None)
    run_task(first, store, pst_file_id, "extract", silent)
    with first.reading() as tx:
        row = tx.row("SELECT * FROM pst_files WHERE id = :id", id=pst_file_id)
    with second.transaction() as tx:
        tx.change(COPY, **{name: row[name] for name in row if f":{name}" in COPY})
    for archive in (first, second):
        run_task(archive, store, pst_file_id, "load", silent)
        with claimed(archive, pst_file_id, "v2") as claim:
            index.run(archive, store, pst_file_id, claim, silent)
    return [first, second]


def told(page: SearchPage) -> list[SearchHit]:
    """The hits, with moments to the second: the engines keep more of it, not the same."""
    return [replace(hit, sent_utc=(hit.sent_utc or "")[:19]) for hit in page.hits]


def test_every_script_is_found(archives: list[Archive]) -> None:
    """A part of each text finds its mail, the same mails in both engines, and is marked."""
    with archives[0].reading() as tx:
        rows = tx.rows(TEXTS)
    scripts = set()
    for row in rows:
        for text in filter(None, (row["subject"], row["body_text"])):
            found = words(text)
            middle = found[len(found) // 2 :][:4]
            if not middle:
                continue
            scripts |= {word[0] for word in middle}
            query = SearchQuery(f'"{" ".join(middle)}"')
            pages = [search(archive, query, limit=200) for archive in archives]
            assert told(pages[0]) == told(pages[1])
            assert row["id"] in {hit.email_id for hit in pages[0].hits}
            assert any(is_match for hit in pages[0].hits for _, is_match in hit.snippet)
    blocks = {ord(letter) >> 8 for letter in scripts}
    assert {0x00, 0x04, 0x05, 0x06} <= blocks, "Latin, Cyrillic, Hebrew, Arabic"
    assert blocks & set(range(0x4E, 0xA0)), "Chinese"
