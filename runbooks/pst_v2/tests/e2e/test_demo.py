"""`make run`, smaller: the plan against the real service, its worker and its uploads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cutline.evidence.journal import Journal

RUNBOOK = Path(__file__).parents[2]
DEMO_S = 500


def demo(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUNBOOK / "demo.py"), "--folder", str(folder), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEMO_S, check=False)


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, demo(folder, "--compress", "12000", "--divide", "20", "--per-minute", "90")


def test_the_cutover_ends_with_v1_removed_and_evidence_that_verifies(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """Exit 0: shadow set GO, 10, 50, 100 %, v1 answers 404, sealed, both verifiers say intact."""
    folder, done = played
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    (run,) = (folder / "runs" / "pst-v2").iterdir()
    entries = Journal.open(run).entries()
    raised = [e.data["percent"] for e in entries if e.kind == "switch_set"]
    assert raised == [10, 50, 100]
    (closed,) = [e.data for e in entries if e.kind == "closed"]
    assert closed["outcome"] == "complete"
    assert "COMPRESSED" in str(closed["verdict"])
    assert "claimed" in (run / "90_result_summary.txt").read_text()
    assert done.stdout.lower().count("intact") >= 2  # of two verifiers


def test_what_was_acknowledged_is_there_once(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """Every upload that the service took was processed by one engine, none is lost or doubled."""
    folder, done = played
    assert done.returncode == 0
    lines = (folder / "traffic.jsonl").read_text().splitlines()
    told = {one["id"]: one["engine"] for one in map(json.loads, lines)}
    assert len(told) == len(lines)
    status = [str(Path(sys.executable).with_name("postroom")), "status", "--json"]
    listed = subprocess.run(
        [*status, "--home", str(folder / "home")], capture_output=True, text=True, check=False
    )
    there = {one["id"]: one["engine"] for one in json.loads(listed.stdout)}
    assert told.items() <= there.items()
