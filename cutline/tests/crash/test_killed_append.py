"""The journal under SIGKILL and on a full disk."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests_support import append_until_killed

from cutline.errors import CannotWrite
from cutline.evidence import Journal, Mode

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
KILLS = 20 if os.environ.get("SOAK") else 4


def _append_until(folder: Path, acknowledged: int) -> int:
    """Let a child append, kill it without a warning, return the last entry that it told."""
    command = [sys.executable, append_until_killed.__file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(acknowledged)]
        child.send_signal(signal.SIGKILL)
        told += [int(line) for line in child.stdout.read().splitlines()]
    return told[-1]


def test_a_kill_during_appends_loses_no_acknowledged_entry(tmp_path: Path) -> None:
    """Every entry whose `append` returned is read back, and the chain goes on behind it."""
    folder = tmp_path / "run"
    last = 0
    for kill in range(KILLS):
        last = _append_until(folder, 5 + 7 * kill)
        journal = Journal.open(folder)
        assert last <= len(journal.entries()) <= last + 1
        journal.append("noted", {"text": "after the kill"}, AT)
    assert [entry.seq for entry in Journal.open(folder).entries()][last - 1] == last


@pytest.mark.parametrize("kept", [1, 60, -1])
def test_a_cut_off_last_line_is_cut_away_and_told(tmp_path: Path, kept: int) -> None:
    """A line without its line feed was never acknowledged; what is before it stays."""
    journal = Journal.create(tmp_path, Mode.RUN, None)
    for number in range(3):
        journal.append("noted", {"number": number}, AT)
    path = tmp_path / "journal.jsonl"
    *before, last = path.read_bytes().splitlines(keepends=True)
    torn = last[:kept]
    path.write_bytes(b"".join(before) + torn)
    opened = Journal.open(tmp_path)
    assert opened.torn == len(torn)
    assert [entry.data for entry in opened.entries()] == [{"number": 0}, {"number": 1}]
    assert path.read_bytes() == b"".join(before)
    assert opened.append("noted", {"number": 2}, AT).seq == 3
    assert Journal.open(tmp_path).torn == 0


def test_a_full_disk_refuses_the_entry_and_leaves_nothing_partial(tmp_path: Path) -> None:
    """The kernel stops the write in the middle of a line: the journal ends before that line."""
    journal = Journal.create(tmp_path, Mode.RUN, None)
    journal.append("noted", {"text": "fits"}, AT)
    before = (tmp_path / "journal.jsonl").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, hard))
        with pytest.raises(CannotWrite) as caught:
            journal.append("noted", {"text": "does not fit"}, AT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.exit_code == 6
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    journal.append("noted", {"text": "fits again"}, AT)
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["data"]["text"] for line in lines] == ["fits", "fits again"]
