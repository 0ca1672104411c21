"""Two small measures of the runbook as JSON: the working tree, and the setting of the switch."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path
from typing import Any


def tree(commit: str) -> dict[str, Any]:
    """Count what differs from HEAD, and say whether HEAD is the commit that is deployed."""
    git = ["git", "-C", str(Path(__file__).parent)]
    status = _printed([*git, "status", "--porcelain"])
    head, wanted = (_printed([*git, "rev-parse", name]).strip() for name in ("HEAD", commit))
    return {"changes": len(status.splitlines()), "is_at_commit": head == wanted}


def setting(env_file: Path, key: str) -> dict[str, Any]:
    """Return the percentage that the file sets; a file without it is no measurement."""
    found = re.findall(rf"^{re.escape(key)}=(\d+)\s*$", env_file.read_text(), re.MULTILINE)
    if len(found) != 1:
        raise SystemExit(f"{env_file}: {key} is set {len(found)} times")
    return {"percent": int(found[0])}


def _printed(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Measure one thing and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("tree").add_argument("--commit", required=True)
    of_file = verbs.add_parser("setting")
    of_file.add_argument("--env-file", type=Path, required=True)
    of_file.add_argument("--key", required=True)
    asked = parser.parse_args()
    found = tree(asked.commit) if asked.verb == "tree" else setting(asked.env_file, asked.key)
    print(json.dumps(found))  # the probe reads it


if __name__ == "__main__":
    main()
