"""`postroom shadow`: from files to one verdict."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cutline.errors import Exit

POSTROOM = Path(sys.executable).parent / "postroom"
DIVIDE = "80"
STARTED_S = 60


def shadow(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    command = [str(POSTROOM), "shadow", "--home", str(home), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a synthetic set that was judged once."""
    home = tmp_path_factory.mktemp("shadow")
    done = shadow(home, "--synthetic", "--divide", DIVIDE)
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    return home


def test_a_synthetic_set_is_a_go(judged: Path) -> None:
    """Every class is there, every gate was exercised, and v1 and v2 agree."""
    report = json.loads((judged / "report.json").read_text())
    assert report["verdict"] == "GO"
    classes = [pair["class"] for pair in report["pairs"]]
    assert classes == ["small", "medium", "large", "unicode", "deep"]
    assert report["never_exercised"] == []
    assert all(file["v2"]["total_emails"] for file in report["files"])


def test_the_page_stands_alone(judged: Path) -> None:
    """The page names the verdict and loads nothing from anywhere."""
    page = (judged / "report.html").read_text()
    assert "GO" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_a_second_run_ingests_nothing_again(judged: Path) -> None:
    """What is completed stays: the same ingests are judged again."""
    before = json.loads((judged / "report.json").read_text())["files"]
    done = shadow(judged, "--synthetic", "--divide", DIVIDE, "--json")
    assert done.returncode == Exit.OK
    after = json.loads(done.stdout)["files"]
    assert [(file["v1"]["id"], file["v2"]["id"]) for file in after] == [
        (file["v1"]["id"], file["v2"]["id"]) for file in before
    ]


def test_a_set_without_a_class_proves_nothing(judged: Path) -> None:
    """Four of five classes are no GO, and the missing one is named."""
    kinds = ("small", "medium", "large", "unicode")
    files = [
        argument
        for kind in kinds
        for argument in ("--class", kind, str(judged / f"set/{kind}-{DIVIDE}.pst"))
    ]
    done = shadow(judged, *files)
    assert done.returncode == Exit.NOT_MEASURED
    assert "classes without a pair: deep" in done.stdout


def test_a_file_that_is_no_pst_is_a_no_go(tmp_path: Path) -> None:
    """Neither ingest completed, so the first gate blocks: with the file and the reason."""
    letter = tmp_path / "letter.pst"
    letter.write_text("Dear Sir or Madam")
    done = shadow(tmp_path / "home", str(letter))
    assert done.returncode == Exit.BLOCKED
    assert "letter.pst" in done.stdout
    assert "does not begin with !BDN" in " ".join(done.stdout.split())


def test_a_killed_run_goes_on_where_it_was(judged: Path, tmp_path: Path) -> None:
    """SIGKILL in the middle; the next run finishes, and each engine has one completed ingest."""
    pst = judged / f"set/small-{DIVIDE}.pst"
    home = tmp_path / "home"
    command = [str(POSTROOM), "shadow", str(pst), "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        wait_for_objects(home)
        run.send_signal(signal.SIGKILL)
    done = shadow(home, str(pst), "--json")
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    status = subprocess.run(
        [str(POSTROOM), "status", "--home", str(home), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(status.stdout)
    rows = rows["ingests"] if isinstance(rows, dict) else rows
    assert sorted((row["engine"], row["processing_status"]) for row in rows) == [
        ("v1", "completed"),
        ("v2", "completed"),
    ]


def wait_for_objects(home: Path) -> None:
    """Return when v1 has begun to store attachments."""
    until = time.monotonic() + STARTED_S
    while time.monotonic() < until:
        if next(home.glob("store/pst-v1/*/objects/*/*"), None):
            return
    pytest.fail("v1 never began")
