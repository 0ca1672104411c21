"""The whole cutover on this machine, compressed: what `make run` does.

python demo.py --folder build/run [--compress 4000] [--divide 20] [--per-minute 90]

A key, the service with its worker and its traffic, `cutline run`, the checkpoints answered by
`demo` (claimed: nobody is one), the verification by both verifiers, the report. Leaves with the
exit code of the run; with 1 where a verifier does not say that the evidence is intact. What an
earlier play left in the folder is moved aside; its key and its shadow set are used again, and the
run follows the earlier one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from cutline.run.folder import RunFolder, of_plan

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from demonstration import Demonstration

HERE: Final = Path(__file__).resolve().parent
SAMPLE_EVERY_S: Final = 6 * 3600.0
QUIET_S: Final = 1800.0
USED_AGAIN: Final = ("shadow", "runs")
QUIET_LEAST_S: Final = 30.0  # a machine of two cores needs that for what lasts seconds elsewhere
ANSWERS: Final = (
    *("canary=demo", "canary=demo-second", "half=demo", "full=demo"),
    *("remove v1=demo", "remove v1=demo-second"),
)


class Demo(Demonstration):
    """One demonstration in a folder of its own."""

    def __init__(self, asked: argparse.Namespace) -> None:
        super().__init__(HERE, "pst-v2", asked.folder)
        self.asked = asked

    def play(self) -> int:
        """Run the plan to its end and verify what it sealed."""
        self.begin_anew(running="stack.json", used_again=USED_AGAIN)
        self.set_aside([run.path for run in self._earlier_runs() if not run.is_closed])
        every_s = str(SAMPLE_EVERY_S / self.asked.compress)
        per_minute = str(self.asked.per_minute)
        self.stack("up", "--per-minute", per_minute, "--sample-every-s", every_s)
        try:
            code = self._run()
        finally:
            self.stack("down")
        if code == 0:
            self.verify("90_result_summary.txt")
            print(self.folder / "shadow" / "report.html")
        return code

    def _run(self) -> int:
        compress = self.asked.compress
        inputs = {
            "folder": self.folder,
            "base_url": (self.folder / "base_url").read_text().strip(),
            "divide": self.asked.divide,
            "quiet_s": max(QUIET_LEAST_S, QUIET_S / compress),
        }
        people = [*(f"--answer={answer}" for answer in ANSWERS), "--after-s", "2"]
        options = ["--compress", str(compress), *self._follows()]
        return self.run_plan(inputs, options, people, self.asked.limit_s)

    def _earlier_runs(self) -> list[RunFolder]:
        return list(of_plan(self.runs, self.plan))

    def _follows(self) -> list[str]:
        """Name the run that this one follows: the second of a deployment has to."""
        earlier = sorted(run.path.name for run in self._earlier_runs())
        return [f"--follows={self.plan}/{earlier[-1]}", "--fixed=played again"] if earlier else []


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
    return Demo(options.parse_args()).play()


if __name__ == "__main__":
    sys.exit(main())
