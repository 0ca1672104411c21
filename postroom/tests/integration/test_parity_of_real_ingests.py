"""The same gates over what v1 and v2 really wrote for one file."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cutline.parity import Options, Outcome, Report, Side, Verdict, find, judge
from postroom.archive import open_archive
from postroom.shadow import ShadowFile, shadow
from postroom.store import FolderStore

OTHER = "a" * 64
PLAIN = (
    "(SELECT node_path FROM email_messages WHERE pst_file_id = :c AND parent_path IS NULL"
    " AND body_source = 'plain' AND attachment_count > 0"
    " ORDER BY pst_nid LIMIT 1)"
)
ATTACHED = (
    "(SELECT node_path FROM email_attachments WHERE pst_file_id = :c AND attachment_hash IS NOT"
    " NULL AND instr(email_node_path, '/') = 0"
    " ORDER BY node_path LIMIT 1)"
)
ATTACHED_ID = (
    f"(SELECT id FROM email_attachments WHERE pst_file_id = :c AND node_path = {ATTACHED})"
)


def _mail(change: str) -> str:
    return f"UPDATE email_messages SET {change} WHERE pst_file_id = :c AND node_path = {PLAIN}"


def _attachment(change: str) -> str:
    return (
        f"UPDATE email_attachments SET {change} WHERE pst_file_id = :c AND node_path = {ATTACHED}"
    )


MUTATIONS = {
    "another record": (_mail(f"record_hash = '{OTHER}'"), {"records"}),
    "another folder": (_mail("pst_message_path = 'Elsewhere'"), {"folders"}),
    "another message id": (_mail("message_id = '<a@b>'"), {"message ids", "references"}),
    "a shorter body": (_mail("body_text = substr(body_text, 2)"), {"text hash"}),
    "no content hash": (
        _mail("content_hash = NULL"),
        {"content", "content in place", "content hashed", "attachments per email"},
    ),
    "a good row as an orphan": (_mail("origin = 'orphan'"), {"only in candidate"}),
    "another attachment": (
        _attachment(f"attachment_hash = '{OTHER}'"),
        {"attachment content", "attachments in place"},
    ),
    "no object": (_attachment("s3_key = 'nothing'"), {"objects"}),
    "no document": (f"DELETE FROM documents WHERE attachment_id = {ATTACHED_ID}", {"documents"}),
    "not completed": (
        "UPDATE pst_files SET processing_status = 'failed' WHERE id = :c",
        {"status"},
    ),
}


@dataclass(frozen=True)
class Ingested:
    """One file, ingested by both engines."""

    archive: Path
    store: Path
    v1: str
    v2: str

    def judge(self, archive: Path) -> Report:
        """Judge the pair as it lies in a copy of the archive."""
        dsn = f"sqlite:///{archive}"
        options = Options(objects=True, store=self.store)
        sides = {"baseline": Side(dsn, self.v1), "candidate": Side(dsn, self.v2)}
        return judge(find("postroom.pst"), **sides, options=options)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """A family file: threads, attachments, mails in mails."""
    home = tmp_path_factory.mktemp("real")
    program = Path(sys.executable).parent / "postroom"
    pst = home / "family.pst"
    subprocess.run([program, "synth", "family", "--mails", "60", "--out", pst], check=True)
    archive = open_archive("real", home=home, dsn=None)
    store = FolderStore(home / "store")
    run = shadow([ShadowFile(pst)], archive, store, Options(), lambda _what, _done, _total: None)
    copy = home / "copy.sqlite"
    with sqlite3.connect(archive.dsn_for_parity().removeprefix("sqlite://")) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    return Ingested(copy, store.root, run.files[0].v1.id, run.files[0].v2.id)


def failed(report: Report) -> set[str]:
    """Return the gates that do not hold; how long it took depends on the machine."""
    off = {Outcome.FAIL, Outcome.WARN}
    return {check.name for check in report.checks if check.outcome in off} - {"duration"}


def test_what_both_wrote_is_a_go(ingested: Ingested) -> None:
    """Nothing differs, and what only v2 reads is embedded."""
    report = ingested.judge(ingested.archive)
    assert (report.verdict, failed(report)) == (Verdict.GO, set())
    assert report.apart.by_reason["embedded"] == report.apart.total > 0


@pytest.mark.parametrize("name", MUTATIONS)
def test_one_change_fails_exactly_its_gates(ingested: Ingested, tmp_path: Path, name: str) -> None:
    """As on the archive that is made by hand."""
    change, expected = MUTATIONS[name]
    changed = tmp_path / "changed.sqlite"
    shutil.copy(ingested.archive, changed)
    with sqlite3.connect(changed) as connection:
        assert connection.execute(change, {"c": ingested.v2}).rowcount == 1
    connection.close()
    assert failed(ingested.judge(changed)) == expected
