"""How the deployment stands now, as one JSON object; what cannot be said is left out.

python now.py --folder local --source acme

`ok`, `backend` from the service; `owner`, `epoch`, `serves`, `writes`, `generation` from the
registry;
`pause_ms` how long no store took writes at the last move; `behind`, `behind_s` how far SQLite is
behind PostgreSQL (0 while SQLite serves); `requests`, `errors_5xx`, `burst` from the
service's log of the last five minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from switch import state

from postroom.smoke.requests import read_log
from postroom.smoke.trouble import LOOKED_AT, judge_server_errors
from postroom.smoke.verdict import Outcome
from stack import Stack

_TAIL_BYTES = 8 << 20


def of_service(base_url: str, source: str) -> dict[str, Any]:
    """Ask the service; one that does not answer is not well, and no backend is told."""
    named = {"X-Source-ID": source}
    try:
        health = httpx.get(f"{base_url}/health", headers=named, timeout=5)
        listed = httpx.get(f"{base_url}/items", params={"limit": 1}, headers=named, timeout=5)
    except httpx.TransportError:
        return {"ok": False}
    is_ok = health.is_success and health.json().get("ok") is True and listed.is_success
    return {"ok": is_ok, "backend": listed.headers.get("X-Backend", "")}


def of_registry(stack: Stack, source: str) -> dict[str, Any]:
    """Ask the registry; a lag that is not known is left out, and blind."""
    found = state(stack, source)
    lag = found.get("lag") or {}
    told = {name: found[name] for name in ("owner", "epoch", "serves", "writes", "generation")}
    if found.get("pause_ms") is not None:
        told["pause_ms"] = float(found["pause_ms"])
    if found["owner"] == "sqlite":
        return {**told, "behind": 0, "behind_s": 0.0}
    if lag.get("entries") is not None:
        told["behind"] = lag["entries"]
        oldest_s = lag.get("oldest_s")
        if oldest_s is not None or lag["entries"] == 0:
            told["behind_s"] = float(oldest_s or 0.0)
    return told


def of_log(path: Path) -> dict[str, Any]:
    """Judge the last five minutes of the service's log."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = read_log(file.read().decode("utf-8", "replace").splitlines())
    now = datetime.now(UTC)
    recent = [line for line in lines if line.at >= now - LOOKED_AT]
    errors = sum(line.is_server_error and not line.is_fenced for line in recent)
    is_burst = judge_server_errors(lines, now).outcome is not Outcome.PASS
    return {"requests": len(recent), "errors_5xx": errors, "burst": is_burst}


def main() -> int:
    """Print what is known."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--source", required=True)
    asked = options.parse_args()
    stack = Stack(asked.folder)
    reached, told = stack.reached, {}
    told |= of_service(reached["base_url"], asked.source)
    try:
        told |= of_registry(stack, asked.source)
    except SystemExit as error:
        print(error, file=sys.stderr)
    told |= of_log(Path(reached["log"]))
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
