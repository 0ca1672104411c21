"""`make run`, and its parts: the plan against the real service, its worker and its uploads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from cutline.evidence.journal import Journal

RUNBOOK = Path(__file__).parents[2]
DEMO_S = 1500
WAIT_S = 120
PROGRAMS = Path(sys.executable).parent


def call(*command: str, code: int = 0) -> str:
    environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=DEMO_S, check=False, env=environment
    )
    assert done.returncode == code, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


def stack(folder: Path, *words: str, code: int = 0) -> None:
    call(sys.executable, str(RUNBOOK / "stack.py"), *words, "--folder", str(folder), code=code)


def sampled(folder: Path) -> dict[str, int]:
    """What the plan's probe is told."""
    span = ["--since", "2000-01-01T00:00:00Z", "--until", "2100-01-01T00:00:00Z"]
    file = str(folder / "samples.jsonl")
    found: dict[str, int] = json.loads(
        call(sys.executable, str(RUNBOOK / "samples.py"), file, *span)
    )
    return found


def ingests(folder: Path) -> dict[str, dict[str, str]]:
    home = ["--home", str(folder / "home"), "--json"]
    done = subprocess.run(
        [str(PROGRAMS / "postroom"), "status", *home], capture_output=True, text=True, check=False
    )
    return {one["id"]: one for one in json.loads(done.stdout)}


def acknowledged(folder: Path) -> dict[str, str]:
    lines = (folder / "traffic.jsonl").read_text().splitlines()
    told = {one["id"]: one["engine"] for one in map(json.loads, lines)}
    assert len(told) == len(lines)
    return told


def wait_for(seen: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not seen():
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """A stack with half of its uploads for each engine."""
    (tmp_path / ".env").write_text("POSTROOM_V2_PERCENT=50\n")
    stack(tmp_path, "up", "--per-minute", "120", "--sample-every-s", "1")
    try:
        yield tmp_path
    finally:
        stack(tmp_path, "down")


def test_uploads_are_split_sampled_and_go_on_without_v1(running: Path) -> None:
    """Both engines get some, what v2 made is what v1 makes, and v1's end is a 404 and no loss."""
    wait_for((running / "samples.jsonl").exists)
    found = sampled(running)
    assert found["same"] == found["compared"] > 0
    assert found["messages"] > 0
    base_url = (running / "base_url").read_text().strip()
    gone = f"{base_url}/pst/00000000-0000-0000-0000-000000000000/process"
    assert "deprecation" in httpx.post(gone).headers
    stack(running, "without-v1")
    answer = httpx.post(gone)
    assert (answer.status_code, "deprecation" in answer.headers) == (404, False)
    before = len(acknowledged(running))
    wait_for(lambda: len(acknowledged(running)) > before + 2)
    stack(running, "down")
    there = ingests(running)
    told = acknowledged(running)
    assert set(told.values()) == {"v1", "v2"}
    assert {id_: there[id_]["engine"] for id_ in told} == told


@pytest.mark.skipif(not os.environ.get("SOAK"), reason="the whole of `make run`: make soak")
def test_the_cutover_ends_with_v1_removed_and_evidence_that_verifies(tmp_path: Path) -> None:
    """Exit 0: shadow set GO, 10, 50, 100 %, v1 answers 404, sealed, both verifiers say intact.

    Played again in the same folder it follows that run, and what that left is moved aside.
    """
    said = call(sys.executable, str(RUNBOOK / "demo.py"), "--folder", str(tmp_path))
    (run,) = (tmp_path / "runs" / "pst-v2").iterdir()
    entries = Journal.open(run).entries()
    assert [e.data["percent"] for e in entries if e.kind == "switch_set"] == [10, 50, 100]
    (closed,) = [e.data for e in entries if e.kind == "closed"]
    assert closed["outcome"] == "complete"
    assert "COMPRESSED" in str(closed["verdict"])
    assert "claimed" in (run / "90_result_summary.txt").read_text()
    assert said.lower().count("intact") == len(("ours", "the stand-alone one"))
    there = ingests(tmp_path)
    told = acknowledged(tmp_path)
    assert {id_: there[id_]["engine"] for id_ in told} == told
    call(sys.executable, str(RUNBOOK / "demo.py"), "--folder", str(tmp_path))
    first, second = sorted((tmp_path / "runs" / "pst-v2").iterdir())
    assert first == run
    assert Journal.open(second).entries()[0].data["follows"] == f"pst-v2/{run.name}"
    assert len(list(tmp_path.glob("earlier-*/home"))) == 1
