"""The switch of the plan: 0 is SQLite, 100 is PostgreSQL.

python switch.py --folder local --source acme read
python switch.py --folder local --source acme set 100     postroom source switch
python switch.py --folder local --source acme set 0       postroom source rollback
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from stack import Stack

_IN_PROGRESS = 7


def read(stack: Stack, source: str) -> int:
    """Return where the source takes its writes; half-way counts as where it comes from.

    A deployment that was not started yet has no PostgreSQL to live in.
    """
    if not stack.is_there:
        return 0
    return 100 if state(stack, source)["owner"] in ("postgres", "returning") else 0


def state(stack: Stack, source: str) -> dict[str, Any]:
    """Ask `postroom source status`; raises `SystemExit` where it cannot say."""
    command = ["postroom", "source", "status", source, "--json"]
    done = subprocess.run(
        command, env=stack.environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, _IN_PROGRESS):
        raise SystemExit(f"where the source lives is not known: {done.stderr.strip()}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def put(stack: Stack, source: str, percent: int) -> int:
    """Move the source there; where it is already nothing is done."""
    if percent not in (0, 100):
        raise SystemExit(f"{percent}: a source lives in one store, so the switch is at 0 or at 100")
    if read(stack, source) == percent and (percent or _takes_writes(stack, source)):
        return 0
    verb = "switch" if percent else "rollback"
    return stack.run(["postroom", "source", verb, source])


def _takes_writes(stack: Stack, source: str) -> bool:
    return not stack.is_there or state(stack, source)["writes"] == "sqlite"


def main() -> int:
    """Do what the command says, and return its exit code."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--source", required=True)
    commands = options.add_subparsers(dest="command", required=True)
    commands.add_parser("read")
    commands.add_parser("set").add_argument("percent", type=int)
    asked = options.parse_args()
    stack = Stack(asked.folder)
    if asked.command == "set":
        return put(stack, asked.source, asked.percent)
    print(read(stack, asked.source))
    return 0


if __name__ == "__main__":
    sys.exit(main())
