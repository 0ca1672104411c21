"""Smoke tests of the plan, each kept in the folder; `result` says how the last one came out.

python smoked.py --folder local --source acme baseline    SQLite serves: health, stats, everything
python smoked.py --folder local --source acme before      the loaded generation, not served yet
python smoked.py --folder local --source acme after       PostgreSQL serves
python smoked.py --folder local --source acme result
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from stack import Stack

_TOKEN = "POSTROOM_SMOKE_TOKEN"  # noqa: S105  # the name of a variable


def smoke(stack: Stack, source: str, which: str) -> int:
    """Run `postroom smoke`, keep and print what it says, leave as it does."""
    reached = stack.reached
    command = ["postroom", "smoke", "--source", source, "--base-url", reached["base_url"]]
    command += ["--json", *_options(stack, source, which)]
    if reached.get(_TOKEN):
        command += ["--token", f"env:{_TOKEN}"]
    done = subprocess.run(
        command, env=stack.environment, capture_output=True, text=True, check=False
    )
    print(done.stdout or done.stderr, flush=True)
    try:
        said = json.loads(done.stdout)
        kept = {"which": which, "failed": said["failed"], "checks": said["checks"]}
    except (ValueError, KeyError):
        return done.returncode or 3
    (stack.folder / f"smoke_{which}.json").write_text(json.dumps(kept, indent=1))
    (stack.folder / "smoke_last.json").write_text(json.dumps(kept, indent=1))
    return done.returncode


def _options(stack: Stack, source: str, which: str) -> list[str]:
    log = ["--log", stack.reached["log"]]
    if which == "baseline":
        _keep_numbers(stack, source)
        return [*log, "--expect", "sqlite"]
    if which == "before":
        from switch import state  # noqa: PLC0415  # `result` is asked at every tick

        attempts = state(stack, source)["attempts"]
        generation = attempts[-1]["generation"]
        return [*log, "--expect", "postgres_primary", "--generation", str(generation)]
    return [*log, "--expect", "postgres_primary", *_since(stack)]


def _since(stack: Stack) -> list[str]:
    """Say when smoke was last run on SQLite: rates after it are compared with before."""
    kept = stack.folder / "baseline.json"
    if not kept.exists():
        return []
    return ["--since", datetime.fromtimestamp(kept.stat().st_mtime, UTC).isoformat()]


def _keep_numbers(stack: Stack, source: str) -> None:
    """Keep health and stats as they are with SQLite."""
    import httpx  # noqa: PLC0415  # likewise

    named = {"X-Source-ID": source}
    url = stack.reached["base_url"]
    numbers = {
        path: httpx.get(f"{url}/{path}", headers=named, timeout=30).json()
        for path in ("health", "stats")
    }
    (stack.folder / "baseline.json").write_text(json.dumps(numbers, indent=1))
    print(json.dumps(numbers))


def result(folder: Path) -> dict[str, object]:
    """Say how many checks of the last smoke test failed, and which."""
    last = folder / "smoke_last.json"
    failed = json.loads(last.read_text())["failed"] if last.exists() else []
    return {"failed": len(failed), "names": failed}


def main() -> int:
    """Do what the command says, and return its exit code."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--source", required=True)
    options.add_argument("which", choices=["baseline", "before", "after", "result"])
    asked = options.parse_args()
    stack = Stack(asked.folder)
    if asked.which == "result":
        print(json.dumps(result(stack.folder)))
        return 0
    return smoke(stack, asked.source, asked.which)


if __name__ == "__main__":
    sys.exit(main())
