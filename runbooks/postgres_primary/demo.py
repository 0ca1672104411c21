"""The whole move on this machine, compressed: a source under writes, from SQLite to PostgreSQL.

python demo.py --folder build/postgres [--compress 15] [--fault carry]

A key, `cutline run --input embedded=true`, the checkpoints answered by `demo` (claimed: nobody is
one), the verification by both verifiers. With `--fault carry` nobody carries back after the switch:
the run rolls back by itself and leaves with 4. Leaves with the exit code of the run; with 1 where
a verifier does not say that the evidence is intact, or a write is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROLLED_BACK: Final = 4
LAG_S: Final = {"": 60, "carry": 15}
ANSWERS: Final = (
    *("rollback instructions=demo", "switch=demo", "switch=demo-second", "close=demo"),
)
KEPT: Final = ("key", "earlier-")
_POLL_S: Final = 0.2


class Demo:
    """One demonstration in a folder of its own."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.folder: Path = asked.folder.resolve()
        self.runs = self.folder / "runs"
        self.key = self.folder / "key"
        own = Path(sys.executable).parent  # the plan's steps call the programs by their names
        path = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        self.environment = {**os.environ, "CUTLINE_KEY": str(self.key), "PATH": path}

    def play(self) -> int:
        """Run the plan to its end and verify what it sealed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._begin_anew()
        if not self.key.exists():
            self._call(self._program("cutline"), "key", "new", str(self.key))
        over = threading.Event()
        fault = threading.Thread(target=self._fault, args=(over,))
        if self.asked.fault:
            fault.start()
        try:
            code = self._run()
            lost = self._lost()
        finally:
            over.set()
            self._stack("down")
        if code == 0:
            self._verify()
        return code if code or not lost else 1

    def _begin_anew(self) -> None:
        """End what an interrupted play left running, and move aside what it left."""
        if (self.folder / "deployment.json").exists():
            self._stack("down")
        left = [one for one in self.folder.iterdir() if not one.name.startswith(KEPT)]
        if left:
            aside = self.folder / f"earlier-{datetime.now(UTC):%Y%m%dT%H%M%S}"
            aside.mkdir()
            for one in left:
                one.rename(aside / one.name)
            print(f"the earlier play lies in {aside} now", flush=True)

    def _run(self) -> int:
        lag_s = LAG_S[self.asked.fault]
        given = [f"--input=folder={self.folder}", "--input=embedded=true", f"--input=lag_s={lag_s}"]
        people = [sys.executable, str(HERE.parent / "answering.py"), "postgres-primary"]
        people += [f"--answer={answer}" for answer in ANSWERS]
        people += [
            "--resume",
            "late=demo",
        ]  # on a busy machine the marks come before the work is done
        answering = subprocess.Popen(
            [*people, "--runs", str(self.runs), "--after-s", "1"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )
        plan = [self._program("cutline"), "run", str(HERE / "plan.yaml"), "--by", "ana", "--stay"]
        plan += ["--compress", str(self.asked.compress), "--runs", str(self.runs), *given]
        try:
            running = subprocess.Popen(plan, env=self.environment)
            try:
                return running.wait(timeout=self.asked.limit_s)
            except subprocess.TimeoutExpired:
                running.terminate()
                running.wait()
                print(f"not over after {self.asked.limit_s:g} s: what it waits for stands above")
                return 3
        finally:
            answering.terminate()
            answering.wait()

    def _fault(self, over: threading.Event) -> None:
        """Once the smoke test after the switch has passed, carry back no more."""
        while not over.wait(_POLL_S):
            if (self.folder / "smoke_after.json").exists():
                self._stack("no-carry")
                return

    def _lost(self) -> int:
        """Print how the writes came out; return how many are not as they were acknowledged."""
        command = [sys.executable, str(HERE / "ledger.py"), "--folder", str(self.folder)]
        done = subprocess.run(
            [*command, "--source", "acme"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout or done.stderr, flush=True)
        if done.returncode:
            return 1
        found = json.loads(done.stdout)
        return int(found["lost"] + found["twice"] + found["wrong"])

    def _verify(self) -> None:
        """Verify the evidence by both programs; print where everything lies."""
        run = max((self.runs / "postgres-primary").iterdir())
        evidence, public = run / "evidence.tar", f"{self.key}.pub"
        self._call(self._program("cutline"), "verify", str(evidence), "--key", public)
        self._call(self._program("cutline"), "verify", "--write-standalone", str(self.folder))
        alone = [sys.executable, str(self.folder / "verify.py"), str(evidence), "--key", public]
        self._call(*alone)
        for path in (run / "90_result_summary.txt", run / "80_checklist.txt", evidence):
            print(path)

    def _stack(self, *words: str) -> None:
        self._call(sys.executable, str(HERE / "stack.py"), *words, "--folder", str(self.folder))

    def _call(self, *command: str) -> None:
        done = subprocess.run(command, env=self.environment, check=False)
        if done.returncode:
            raise SystemExit(done.returncode)

    @staticmethod
    def _program(name: str) -> str:
        return str(Path(sys.executable).with_name(name))


def main() -> int:
    """Play the demonstration."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--compress", type=float, default=15.0, help="an hour lasts 4 min")
    options.add_argument("--fault", choices=["", "carry"], default="")
    options.add_argument("--limit-s", type=float, default=1200.0, help="3 if it is not over then")
    return Demo(options.parse_args()).play()


if __name__ == "__main__":
    sys.exit(main())
