"""The release gates of the pilot: what has to hold of a release before staging is touched.

By default those of this repository's own programs on this machine; `--command` runs yours.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OWN = (
    ("the plan is valid", ["cutline", "check", str(HERE / "plan.yaml")]),
    ("the machine has what it needs", ["cutline", "doctor"]),
    ("the tests of the pilot's own parts", [sys.executable, "-m", "unittest", "-q", "selftest"]),
)


def main() -> None:
    """Run every gate, print what each printed, exit 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", default="", help="your own release gates, as one command")
    asked = parser.parse_args()
    gates = [("release gates", shlex.split(asked.command))] if asked.command else OWN
    failed = []
    for name, command in gates:
        done = subprocess.run(
            command,
            cwd=HERE / "staging" if "unittest" in command else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        state = "PASS" if done.returncode == 0 else f"FAIL (exit {done.returncode})"
        sys.stdout.write(f"== {name}: {state}\n{done.stdout}\n")
        if done.returncode != 0:
            failed.append(name)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
