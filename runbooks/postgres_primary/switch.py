"""The switch of the plan: 0 is SQLite, 100 is PostgreSQL.

python switch.py --folder local --source acme read
python switch.py --folder local --source acme set 100     postroom source switch
python switch.py --folder local --source acme set 0       postroom source rollback
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from cutline.errors import Problem
from postroom.move.state import read_state
from stack import Stack


def read(stack: Stack, source: str) -> int:
    """Return where the source takes its writes; half-way counts as where it comes from.

    A deployment that was not started yet has no PostgreSQL to live in.
    """
    if not stack.is_there:
        return 0
    return 100 if state(stack, source)["owner"] in ("postgres", "returning") else 0


def state(stack: Stack, source: str) -> dict[str, Any]:
    """Say what `postroom source status` says; raises `SystemExit` where nobody knows."""
    reached = stack.reached
    dsn = reached.get("POSTROOM_ADMIN_DSN") or reached.get("POSTROOM_DSN")
    try:
        return read_state(source, home=Path(reached["home"]), dsn=dsn).as_json()
    except Problem as problem:
        raise SystemExit(f"where the source lives is not known: {problem}") from problem


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
