"""Play the people of this plan for a demonstration: each checkpoint of the open run is answered.

python people.py --runs runs [--complaints 0]

Every answer is a `cutline approve` of its own, as a person would give it. Waits for a run to begin,
and ends when it is over. In a real cutover nobody plays: approvals are what people are for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cutline.evidence.journal import Journal
from cutline.run.checkpoint import Checkpoint
from cutline.run.folder import RunFolder, of_plan
from cutline.run.open import resume
from cutline.run.state import State

PLAN: Final = "import-api"
APPROVERS: Final = {
    "half": ("ana",),
    "full": ("ben",),
    "sunset": ("ana",),
    "remove v1": ("ben", "eva"),
}
_COMPLAINTS: Final = "no_complaints"
_POLL_S: Final = 0.2


class People:
    """Who answers what, and what was answered already."""

    def __init__(self, runs: Path, complaints: int) -> None:
        self._runs = runs
        self._complaints = complaints
        self._answered: set[tuple[str, str, str]] = set()
        self._pause = threading.Event()

    def play(self) -> None:
        """Answer until the run is over."""
        folder = self._open_run()
        journal = Journal.open(folder.path)
        while not (state := resume(journal)).is_over:
            for point in state.asks:
                self._answer(state, point)
            self._pause.wait(_POLL_S)
            journal.refresh()

    def _open_run(self) -> RunFolder:
        while True:
            for folder in of_plan(self._runs, PLAN):
                if folder.journal.exists() and not folder.is_closed:
                    return folder
            self._pause.wait(_POLL_S)

    def _answer(self, state: State, point: Checkpoint) -> None:
        for name, options in self._answers(point):
            key = (state.stage_name, point.name, name)
            if key in self._answered:
                continue
            self._answered.add(key)
            command = ["approve", state.run, point.name, "--by", name, *options]
            where = ["--runs", str(self._runs)]
            program = str(Path(sys.executable).with_name("cutline"))
            done = subprocess.run([program, *command, *where], check=False, capture_output=True)
            said = "" if done.returncode == 0 else f": {done.stderr.decode().strip()}"
            print(f"{name} answers {point.name}{said}", flush=True)

    def _answers(self, point: Checkpoint) -> Iterator[tuple[str, list[str]]]:
        if point.name == _COMPLAINTS:
            yield "kim", ["--value", str(self._complaints)]
        for name in APPROVERS.get(point.name, ()):
            yield name, []


def main() -> None:
    """Play until the run is over."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=Path, default=Path("runs"))
    options.add_argument("--complaints", type=int, default=0, help="what support counted")
    asked = options.parse_args()
    People(asked.runs, asked.complaints).play()


if __name__ == "__main__":
    main()
