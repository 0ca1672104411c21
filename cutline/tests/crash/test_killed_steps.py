"""Drivers and steps that are killed: a try happens once, and a cut-off is seen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support.real_runs import call, done, ended, plan, python, world
from tests_support.waiting import until

from cutline.plan.model import Plan

ONCE = python("print('x', file=open('runs.txt', 'a'))")
SLOW = python(
    "import os, time; open('pid', 'w').write(str(os.getpid())); os.rename('pid', 'begun');"
    "time.sleep(600)"
)


def drive(folder: Path, of: Plan, moment: str) -> int:
    """Run a driver that dies at a moment."""
    file = folder / "plan.json"
    file.write_text(of.model_dump_json(by_alias=True, exclude_none=True))
    command = [sys.executable, "-m", "tests_support.step_driver", str(folder), str(file), moment]
    return subprocess.run(command, check=False, timeout=60).returncode


@pytest.mark.parametrize("moment", ["after intent", "before spawn", "after spawn", "never"])
def test_a_step_is_started_once_wherever_its_driver_dies(moment: str, tmp_path: Path) -> None:
    """The next driver starts the same try again, and it has one effect."""
    of = plan({"command": ONCE})
    code = drive(tmp_path, of, moment)
    assert code == (0 if moment == "never" else -signal.SIGKILL)
    again = world(tmp_path, of)
    again.start(call())
    assert ended(again).exit_code == 0
    assert (tmp_path / "runs.txt").read_text() == "x\n"


def test_a_step_outlives_its_driver(tmp_path: Path) -> None:
    """Nobody watches it, and its outcome is there for whoever looks."""
    code = "import time; time.sleep(0.5); print('whole', file=open('end.txt', 'a'))"
    of = plan({"command": python(code)})
    drive(tmp_path, of, "after spawn")
    again = world(tmp_path, of)
    assert again.is_running(call())
    assert again.outcome(call()) is None
    assert ended(again).exit_code == 0
    assert (tmp_path / "end.txt").read_text() == "whole\n"


def test_a_step_killed_on_its_way_is_cut_off_and_leaves_nothing_running(tmp_path: Path) -> None:
    """No outcome, not running: a next try is never beside what the last one left."""
    of = world(tmp_path, plan({"command": SLOW}))
    of.start(call())
    until((tmp_path / "begun").exists, what="the command runs")
    command = int((tmp_path / "begun").read_text())
    about = json.loads((of.folder / "steps/one%2Fit/1/process.json").read_bytes())
    os.kill(about["pid"], signal.SIGKILL)
    until(lambda: not of.is_running(call()), what="the cut-off is seen")
    assert of.outcome(call()) is None
    until(lambda: not Path(f"/proc/{command}").exists(), what="the command is gone")
    of.start(call())
    assert not of.is_running(call())
    assert of.outcome(call()) is None


def test_a_process_of_another_run_is_left_alone(tmp_path: Path) -> None:
    """A number that was given to somebody else is not ours to end."""
    of = world(tmp_path)
    done(of)
    attempt = of.folder / "steps/one%2Fit/1"
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        about = json.loads((attempt / "process.json").read_bytes())
        (attempt / "process.json").write_text(json.dumps({**about, "pid": other.pid}))
        (attempt / "outcome.json").unlink()
        assert not of.is_running(call())
        assert other.poll() is None
        other.kill()
