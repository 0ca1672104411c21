"""Play the people of a plan for a demonstration: each checkpoint of its open run is answered.

python answering.py import-api --answer half=ana --answer no_complaints=kim:0 --resume late=ana

Every answer is a `cutline approve` of its own, as a person would give it; `--resume` ends pauses of
a reason. Waits for a run to begin,
and ends when it is over. In a real cutover nobody plays: approvals are what people are for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cutline.evidence.journal import Journal
from cutline.run.checkpoint import Checkpoint
from cutline.run.fold import fold
from cutline.run.folder import RunFolder, of_plan
from cutline.run.open import resume
from cutline.run.state import State

_POLL_S: Final = 0.2


class People:
    """Who answers what, and what was answered already."""

    def __init__(
        self,
        plan: str,
        runs: Path,
        answers: list[str],
        after_s: float = 0.0,
        resumes: list[str] | None = None,
    ) -> None:
        self._resumes = dict(one.split("=", 1) for one in resumes or [])
        self._after = timedelta(seconds=after_s)
        self._plan = plan
        self._runs = runs
        self._answers: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
        for answer in answers:
            checkpoint, _, told = answer.partition("=")
            name, _, value = told.partition(":")
            self._answers[checkpoint].append((name, ["--value", value] if value else []))
        self._answered: set[tuple[object, ...]] = set()
        self._pause = threading.Event()

    def play(self) -> None:
        """Answer until the run is over."""
        folder = self._open_run()
        journal = Journal.open(folder.path)
        state = resume(journal)
        while not state.is_over:
            for point in state.asks:
                if datetime.now(UTC) - point.opened_at >= self._after:
                    self._answer(state, point)
            for reason, name in self._resumes.items():
                self._resume(state, reason, name)
            self._pause.wait(_POLL_S)
            known = len(journal.entries())
            journal.refresh()
            for entry in journal.entries()[known:]:
                state = fold(state, entry)

    def _resume(self, state: State, reason: str, name: str) -> None:
        pause = state.pauses.get(reason)
        if pause is not None and (reason, pause.at) not in self._answered:
            self._answered.add((reason, pause.at))
            self._say("resume", state.run, "--pause", reason, "--by", name, said=reason)

    def _open_run(self) -> RunFolder:
        while True:
            for folder in of_plan(self._runs, self._plan):
                if folder.journal.exists() and not folder.is_closed:
                    return folder
            self._pause.wait(_POLL_S)

    def _answer(self, state: State, point: Checkpoint) -> None:
        for name, options in self._answers[point.name]:
            # An approval that has lapsed is asked for anew; one that was refused is not repeated.
            key = (state.stage_name, point.name, point.opened_at, point.brief, name)
            if key in self._answered or name in {given.by for given in point.approvals}:
                continue
            self._answered.add(key)
            command = ["approve", state.run, point.name, "--by", name, *options]
            self._say(*command, said=point.name)

    def _say(self, *command: str, said: str) -> None:
        where = ["--runs", str(self._runs)]
        program = str(Path(sys.executable).with_name("cutline"))
        done = subprocess.run([program, *command, *where], check=False, capture_output=True)
        why = "" if done.returncode == 0 else f": {done.stderr.decode().strip()}"
        print(f"{command[command.index('--by') + 1]} answers {said}{why}", flush=True)


def main() -> None:
    """Play until the run is over."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("plan", help="the name of the plan")
    options.add_argument("--runs", type=Path, default=Path("runs"))
    options.add_argument("--answer", action="append", default=[], metavar="CHECKPOINT=NAME[:VALUE]")
    options.add_argument("--resume", action="append", default=[], metavar="PAUSE=NAME")
    options.add_argument("--after-s", type=float, default=0.0, help="how long they think")
    asked = options.parse_args()
    People(asked.plan, asked.runs, asked.answer, asked.after_s, asked.resume).play()


if __name__ == "__main__":
    main()
