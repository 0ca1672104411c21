"""A run can be killed at any write of its journal and resumed: the same end, nothing done twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cutline.evidence.keys import new_key

ROOT = Path(__file__).parents[3]
POINTS = range(1, 91) if os.environ.get("SOAK") else range(3, 60, 13)


class Plays:
    """A process that plays whole runs, with everything imported once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        new_key(folder / "key.pem")
        environment = {**os.environ, "CUTLINE_KEY": str(folder / "key.pem")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests_support.killed_run"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def play(self, name: str, at: int, **asked: Any) -> dict[str, Any]:
        """Play a run that is killed at one write."""
        assert self.process.stdin
        assert self.process.stdout
        line = {"folder": str(self.folder / name), "at": at, **asked}
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plays]:
    found = Plays(tmp_path_factory.mktemp("killed"))
    yield found
    assert found.process.stdin
    found.process.stdin.close()
    found.process.wait(timeout=10)
    assert found.process.stdout
    found.process.stdout.close()


@pytest.mark.parametrize("at", POINTS)
@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
def test_a_run_killed_at_a_write_ends_as_one_that_was_not(
    plays: Plays, at: int, *, is_before: bool
) -> None:
    """Complete, at 100 %, one run, and a step that is not repeatable ran once."""
    found = plays.play(f"c{at}{is_before}", at, is_before=is_before, is_broken=False)
    assert found["outcome"] == "complete", found
    assert "PERCENT=100\n" in found["percent"]
    assert found["once"] == 1, found
    assert found["again"] >= 1
    assert found["runs"] == 1
    assert found["was"] in {"killed", "complete"}


@pytest.mark.parametrize("at", POINTS)
def test_a_run_killed_while_it_rolls_back_rolls_back(plays: Plays, at: int) -> None:
    """A kill at any write, before or in the rollback, ends with traffic at v1."""
    found = plays.play(f"r{at}", at, is_before=bool(at % 2), is_broken=True)
    assert found["outcome"] == "rolled back", found
    assert "PERCENT=0\n" in found["percent"]
    assert found["once"] == 1, found
