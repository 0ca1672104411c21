"""The commands of an ingest, as a person runs them, on a file that pst-synth writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def pst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small PST with everything that a mail can have."""
    path = tmp_path_factory.mktemp("pst") / "small.pst"
    command = [BIN / "pst-synth", "small", "--mails", "6", "--out", path]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def run(tmp_path: Path, backend_dsn: str | None, source_id: str) -> Run:
    """Run `postroom` on a source of the test's own, in each engine of the archive."""
    environment = os.environ | {
        "POSTROOM_HOME": str(tmp_path / "home"),
        "POSTROOM_SOURCE": source_id,
        "ARCHIVE_DSN": backend_dsn or "",
    }
    dsn = ["--dsn", "env:ARCHIVE_DSN"] if backend_dsn else []

    def postroom(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        where = [] if command == "extract" else dsn
        return subprocess.run(
            [BIN / "postroom", command, *map(str, arguments), *where],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
        )

    return postroom


def test_a_file_is_ingested_and_its_status_read(run: Run, pst: Path) -> None:
    """`ingest` prints the id alone; `status` knows it; `task` runs what may run again."""
    done = run("ingest", pst, "--project", "p1", "--case", "c1")
    assert done.returncode in (0, 5), done.stderr
    pst_file_id = done.stdout.strip()
    status = run("status", pst_file_id, "--json")
    assert status.returncode == 0, status.stderr
    seen = json.loads(status.stdout)
    assert (seen["id"], seen["processing_status"]) == (pst_file_id, "completed")
    assert seen["total_emails"] >= 6
    assert [ingest["id"] for ingest in json.loads(run("status", "--json").stdout)] == [pst_file_id]
    assert pst_file_id in run("status").stdout
    again = run("task", "thread", "--ingest", pst_file_id, "--json")
    assert again.returncode == 0, again.stderr
    across = run("task", "dedupe", "--ingest", pst_file_id, "--across", "--json")
    assert json.loads(across.stdout)["counts"]["emails"] >= 6, across.stderr
    refused = run("task", "index", "--ingest", pst_file_id, "--across")
    assert (refused.returncode, "only dedupe" in refused.stderr) == (64, True)
    refused = run("task", "load", "--ingest", pst_file_id, "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"]["code"] == "already-completed"


def test_mails_are_searched(run: Run, pst: Path) -> None:
    """A table for people with the words in their text, pages for programs, reasons for neither."""
    pst_file_id = run("ingest", pst).stdout.strip()
    page = json.loads(run("search", "--limit", "2", "--json").stdout)
    assert len(page["hits"]) == 2 < page["total"]
    more = json.loads(run("search", "--limit", "2", "--next", page["next"], "--json").stdout)
    ids = {hit["email_id"] for hit in (*page["hits"], *more["hits"])}
    assert len(ids) == 4
    subject = page["hits"][0]["subject"]
    found = run("search", f'"{subject}"', "--in", "subject")
    assert found.returncode == 0, found.stderr
    assert subject.split()[0] in found.stdout
    assert json.loads(run("search", f'"{subject}"', "--json").stdout)["total"] >= 1
    refused = run("search", '"open', "--json")
    assert (refused.returncode, json.loads(refused.stdout)["error"]["code"]) == (64, "usage")
    assert pst_file_id == page["hits"][0]["pst_file_id"]


def test_what_is_no_pst_fails_with_its_reason(run: Run, tmp_path: Path) -> None:
    """Exit 3 with what, where, why and help; the ingest is there, failed, with the reason."""
    path = tmp_path / "no.pst"
    path.write_bytes(b"this is no mail" * 1000)
    failed = run("ingest", path)
    assert failed.returncode == 3
    assert "where:" in failed.stderr
    assert failed.stdout == ""
    ingests = json.loads(run("status", "--json").stdout)
    assert [ingest["processing_status"] for ingest in ingests] == ["failed"]
    assert ingests[0]["error_message"]
    assert run("status", ingests[0]["id"]).returncode == 3
    resumed = run("ingest", "--resume", ingests[0]["id"], "--json")
    assert resumed.returncode == 3
    assert json.loads(run("status", "--json").stdout)[0]["claim_attempt"] == 2


def test_an_unknown_ingest_and_source_exit_3(run: Run) -> None:
    """A question about nothing is not answered with nothing."""
    assert run("status").returncode == 3
    assert run("task", "load", "--ingest", "x").returncode == 3


def test_the_extractor_is_a_command(run: Run, pst: Path, tmp_path: Path) -> None:
    """`extract` writes the folder of outputs, and prints JSON where asked."""
    done = run("extract", pst, "--out", tmp_path / "out", "--jobs", 2, "--json")
    assert done.returncode in (0, 5), done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert json.loads(done.stdout)["emails"] == manifest["counts"]["emails"]
