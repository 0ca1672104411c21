"""The whole cutover on this machine, compressed: what `make run` does.

python demo.py --folder build/run [--compress 4000] [--divide 20] [--per-minute 90]

A key, the service with its worker and its traffic, `cutline run`, the checkpoints answered by
`demo` (claimed: nobody is one), the verification by both verifiers, the report. Leaves with the
exit code of the run; with 1 where a verifier does not say that the evidence is intact. What an
earlier play left in the folder is moved aside; its key and its shadow set are used again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
SAMPLE_EVERY_S: Final = 6 * 3600.0
QUIET_S: Final = 1800.0
USED_AGAIN: Final = ("key", "key.pub", "shadow")
EARLIER: Final = "earlier-"
QUIET_LEAST_S: Final = 30.0  # a machine of two cores needs that for what lasts seconds elsewhere
ANSWERS: Final = (
    *("canary=demo", "canary=demo-second", "half=demo", "full=demo"),
    *("remove v1=demo", "remove v1=demo-second"),
)


class Demo:
    """One demonstration in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.runs = self.folder / "runs"
        self.key = self.folder / "key"
        own = Path(sys.executable).parent  # the plan's steps call the programs by their names
        path = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        self.environment = {**os.environ, "CUTLINE_KEY": str(self.key), "PATH": path}

    def play(self, asked: argparse.Namespace) -> int:
        """Run the plan to its end and verify what it sealed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._begin_anew()
        if not self.key.exists():
            self._call(self._program("cutline"), "key", "new", str(self.key))
        every_s = str(SAMPLE_EVERY_S / asked.compress)
        self._stack("up", "--per-minute", str(asked.per_minute), "--sample-every-s", every_s)
        try:
            code = self._run(asked)
        finally:
            self._stack("down")
        return code or self._verified()

    def _begin_anew(self) -> None:
        """End what an interrupted play left running, and move aside what it left."""
        if (self.folder / "stack.json").exists():
            self._stack("down")
        left = [path for path in self.folder.iterdir() if path.name not in USED_AGAIN]
        left = [path for path in left if not path.name.startswith(EARLIER)]
        if left:
            aside = self.folder / f"{EARLIER}{datetime.now(UTC):%Y%m%dT%H%M%S}"
            aside.mkdir()
            for path in left:
                path.rename(aside / path.name)
            print(f"the earlier play lies in {aside} now", flush=True)

    def _run(self, asked: argparse.Namespace) -> int:
        base_url = (self.folder / "base_url").read_text().strip()
        inputs = {"folder": self.folder, "base_url": base_url, "divide": asked.divide}
        inputs["quiet_s"] = max(QUIET_LEAST_S, QUIET_S / asked.compress)
        given = [f"--input={name}={value}" for name, value in inputs.items()]
        answers = [f"--answer={answer}" for answer in ANSWERS]
        answering = [
            sys.executable,
            str(HERE.parent / "answering.py"),
            "pst-v2",
            *answers,
            "--after-s",
            "2",
        ]
        people = subprocess.Popen(
            [*answering, "--runs", str(self.runs)], env=self.environment, stdout=subprocess.DEVNULL
        )
        try:
            plan = [self._program("cutline"), "run", str(HERE / "plan.yaml"), "--by", "ana"]
            more = ["--stay", "--compress", str(asked.compress), "--runs", str(self.runs), *given]
            running = subprocess.Popen([*plan, *more], env=self.environment)
            try:
                return running.wait(timeout=asked.limit_s)
            except subprocess.TimeoutExpired:
                running.terminate()
                running.wait()
                print(f"not over after {asked.limit_s:g} s: what it waits for stands above")
                return 3
        finally:
            people.terminate()
            people.wait()

    def _verified(self) -> int:
        """Verify the evidence by both programs; print where everything lies."""
        run = max((self.runs / "pst-v2").iterdir())
        evidence, public = run / "evidence.tar", f"{self.key}.pub"
        self._call(self._program("cutline"), "verify", str(evidence), "--key", public)
        self._call(self._program("cutline"), "verify", "--write-standalone", str(self.folder))
        alone = [sys.executable, str(self.folder / "verify.py"), str(evidence), "--key", public]
        self._call(*alone)
        shown = [run / "90_result_summary.txt", self.folder / "shadow" / "report.html"]
        for path in (*shown, evidence):
            print(path)
        return 0

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
    options.add_argument("--compress", type=float, default=4000.0, help="a week lasts 151 s")
    options.add_argument("--divide", type=int, default=20, help="of the shadow set's sizes")
    options.add_argument("--per-minute", type=float, default=90.0, help="uploads")
    options.add_argument("--limit-s", type=float, default=1500.0, help="3 if it is not over then")
    asked = options.parse_args()
    return Demo(asked.folder).play(asked)


if __name__ == "__main__":
    sys.exit(main())
