"""A peer from the package index, run in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence


def run_peer(name: str, packages: Sequence[str], program: str, *arguments: str) -> list[str] | None:
    """Run a Python `program` beside `packages`; return the words that it printed.

    None if it could not run, with the reason on standard error: its row then falls short. `uv` is
    the one that runs this bench, wherever that lies.
    """
    given = [part for package in packages for part in ("--with", package)]
    command = [os.environ.get("UV", "uv"), "run", "--no-project", "-q", *given]
    command += ["python", "-c", program, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        print(f"{name} could not run: {error}", file=sys.stderr)
        return None
    if done.returncode:
        print(f"{name} could not run: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return done.stdout.split()
