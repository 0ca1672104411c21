"""What every demonstration of a runbook does: its folder, its run with people played, its proof."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ANSWERING: Final = Path(__file__).resolve().with_name("answering.py")
EARLIER: Final = "earlier-"
KEY: Final = ("key", "key.pub")


class Demonstration:
    """One play of the plan `plan` of the folder `runbook`, in a folder of its own."""

    def __init__(self, runbook: Path, plan: str, folder: Path) -> None:
        self.runbook = runbook
        self.plan = plan
        self.folder = folder.resolve()
        self.runs = self.folder / "runs"
        self.key = self.folder / "key"
        own = Path(sys.executable).parent  # the plan's steps call the programs by their names
        path = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        self.environment = {**os.environ, "CUTLINE_KEY": str(self.key), "PATH": path}

    def begin_anew(self, *, running: str, used_again: Sequence[str] = ()) -> None:
        """End what an interrupted play left running, move aside what it left, and have a key.

        `running` is the file by which the stack knows what runs; `used_again` stays where it is.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / running).exists():
            self.stack("down")
        left = [path for path in self.folder.iterdir() if path.name not in (*KEY, *used_again)]
        self.set_aside([path for path in left if not path.name.startswith(EARLIER)])
        if not self.key.exists():
            self.call(self.program("cutline"), "key", "new", str(self.key))

    def set_aside(self, left: Sequence[Path]) -> None:
        """Move what belongs to an earlier play into a folder of that play."""
        if left:
            aside = self.folder / f"{EARLIER}{datetime.now(UTC):%Y%m%dT%H%M%S}"
            aside.mkdir(exist_ok=True)
            for path in left:
                path.rename(aside / path.name)
            print(f"the earlier play lies in {aside} now", flush=True)

    def run_plan(
        self,
        inputs: dict[str, object],
        options: Sequence[str],
        people: Sequence[str],
        limit_s: float,
    ) -> int:
        """Run the plan while its people are played; return its exit code, 3 after `limit_s`."""
        given = [f"--input={name}={value}" for name, value in inputs.items()]
        plan = [self.program("cutline"), "run", str(self.runbook / "plan.yaml"), "--by", "ana"]
        runs = ["--runs", str(self.runs)]
        answering = subprocess.Popen(
            [sys.executable, str(ANSWERING), self.plan, *people, *runs],
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            command = [*plan, "--stay", *options, *runs, *given]
            running = subprocess.Popen(command, env=self.environment)
            try:
                return running.wait(timeout=limit_s)
            except subprocess.TimeoutExpired:
                running.terminate()
                running.wait()
                print(f"not over after {limit_s:g} s: what it waits for stands above")
                return 3
        finally:
            answering.terminate()
            answering.wait()

    def verify(self, *shown: str) -> None:
        """Verify the evidence by both programs; print where it and the files `shown` lie."""
        run = max((self.runs / self.plan).iterdir())
        evidence, public = run / "evidence.tar", f"{self.key}.pub"
        self.call(self.program("cutline"), "verify", str(evidence), "--key", public)
        self.call(self.program("cutline"), "verify", "--write-standalone", str(self.folder))
        alone = [sys.executable, str(self.folder / "verify.py"), str(evidence), "--key", public]
        self.call(*alone)
        for path in (*(run / name for name in shown), evidence):
            print(path)

    def stack(self, *words: str) -> None:
        """Call the runbook's stack."""
        command = [sys.executable, str(self.runbook / "stack.py"), *words]
        self.call(*command, "--folder", str(self.folder))

    def call(self, *command: str) -> None:
        """Run a program; leave with its exit code where that is not 0."""
        done = subprocess.run(command, env=self.environment, check=False)
        if done.returncode:
            raise SystemExit(done.returncode)

    @staticmethod
    def program(name: str) -> str:
        """Return the path of a program that is installed beside this Python."""
        return str(Path(sys.executable).with_name(name))
