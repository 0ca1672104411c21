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
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from demonstration import Demonstration

HERE: Final = Path(__file__).resolve().parent
ROLLED_BACK: Final = 4
LAG_S: Final = {"": 60, "carry": 15}
ANSWERS: Final = (
    *("rollback instructions=demo", "switch=demo", "switch=demo-second", "close=demo"),
)
_POLL_S: Final = 0.2


class Demo(Demonstration):
    """One demonstration in a folder of its own."""

    def __init__(self, asked: argparse.Namespace) -> None:
        super().__init__(HERE, "postgres-primary", asked.folder)
        self.asked = asked

    def play(self) -> int:
        """Run the plan to its end and verify what it sealed."""
        self.begin_anew(running="deployment.json")
        over = threading.Event()
        fault = threading.Thread(target=self._fault, args=(over,))
        if self.asked.fault:
            fault.start()
        try:
            code = self._run()
            lost = self._lost()
        finally:
            over.set()
            self.stack("down")
        if code == 0:
            self.verify("90_result_summary.txt", "80_checklist.txt")
        return code if code or not lost else 1

    def _run(self) -> int:
        lag_s = LAG_S[self.asked.fault]
        inputs = {"folder": self.folder, "embedded": "true", "lag_s": lag_s}
        people = [f"--answer={answer}" for answer in ANSWERS]
        # On a busy machine the marks come before the work is done.
        people += ["--resume", "late=demo", "--after-s", "1"]
        options = ["--compress", str(self.asked.compress)]
        return self.run_plan(inputs, options, people, self.asked.limit_s)

    def _fault(self, over: threading.Event) -> None:
        """Once the smoke test after the switch has passed, carry back no more."""
        while not over.wait(_POLL_S):
            if (self.folder / "smoke_after.json").exists():
                self.stack("no-carry")
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
