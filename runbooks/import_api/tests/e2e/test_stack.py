"""The stack for demonstrations: service and traffic, up and down."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from processes import started_ticks
from tests_support.import_service import RUNBOOK, ask
from tests_support.waiting import until

from cutline.routing import Router, Switch


def stack(folder: Path, command: str, *more: str) -> tuple[int, Any]:
    program = [sys.executable, RUNBOOK / "service/stack.py", command, "--folder", folder, *more]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout else None


def acknowledged(folder: Path) -> list[dict[str, Any]]:
    sent = folder / "traffic.jsonl"
    lines = sent.read_text().splitlines() if sent.exists() else []
    return [row for row in map(json.loads, lines) if row.get("status") == 202]


def test_a_stack_serves_real_traffic_and_stops_cleanly(tmp_path: Path) -> None:
    """Sticky, at the share that is set, nothing acknowledged is missing, nothing left running."""
    folder = tmp_path / "stack"
    _, found = stack(folder, "up", "--rate", "120", "--users", "60", "--percent", "50")
    pids = [process["pid"] for process in found["processes"].values()]
    try:
        assert stack(folder, "up")[1] == found  # a second time it is left alone
        until(lambda: len(acknowledged(folder)) > 150)
        _, faults = stack(folder, "fault", '{"fail": {"rate": 1.0}}')
        assert faults["fail"]["rate"] == 1.0
        until(lambda: _of(folder, "imports")["errors"] == ["AnthropicAPIError"])
        code, status = stack(folder, "status")
        assert (code, status["runs"]) == (0, True)
    finally:
        stack(folder, "down")
    assert [started_ticks(pid) for pid in pids] == [0, 0]
    assert stack(folder, "status")[0] == 1
    sent = acknowledged(folder)
    half = Router("import-api", Switch.fixed(50))
    assert all(row["pipeline"] == half.version(row["user"]) for row in sent)
    assert len({row["user"] for row in sent}) <= 60 < len(sent)
    rows = [_of(folder, "imports", side) for side in ("v1", "v2")]
    assert sum(row["total"] + row["in_flight"] for row in rows) >= len(sent)


def _of(folder: Path, query: str, side: str = "v2") -> dict[str, Any]:
    now = datetime.now(UTC)
    return ask(
        folder / "imports.db", query, side, now - timedelta(hours=1), now + timedelta(seconds=1)
    )
