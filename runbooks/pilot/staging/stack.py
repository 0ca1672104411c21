"""The staging environment of the pilot: `stack.py up|down|deploy VERSION|roll-back|status`.

`--folder` holds its database, its settings and which version is deployed. Every command may be
repeated. `snapshot FILE` and `restore FILE INTO` serve the database procedure.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROWS = 5_000
SETTINGS = """\
DATABASE_URL=sqlite:///staging.sqlite
OBJECT_STORE=file://staging-objects
PUBLIC_HOST=staging.example.net
"""


def up(folder: Path, port: int) -> dict[str, Any]:
    """Start the service unless it runs; returns what it says of itself."""
    folder.mkdir(parents=True, exist_ok=True)
    _fill(folder)
    if not (folder / "deployed.json").exists():
        _deployed(folder, "1.0.0", "0.9.0")
    running = _health(folder)
    if running is not None:
        return running
    (folder / "port").unlink(missing_ok=True)
    with (folder / "service.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("service.py"), "--folder", folder]
            + (["--port", str(port)] if port else []),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (folder / "pid").write_text(str(process.pid))
    return _wait(folder)


def down(folder: Path) -> dict[str, Any]:
    """Stop the service if it runs."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((folder / "pid").read_text())
        if b"service.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGTERM)
    (folder / "pid").unlink(missing_ok=True)
    (folder / "port").unlink(missing_ok=True)
    return {"status": "down"}


def deploy(folder: Path, version: str) -> dict[str, Any]:
    """Deploy a version; the one before is remembered."""
    before = json.loads((folder / "deployed.json").read_text())
    if before["version"] != version:
        _deployed(folder, version, before["version"])
    return _wait(folder)


def roll_back(folder: Path) -> dict[str, Any]:
    """Deploy the version before."""
    return deploy(folder, json.loads((folder / "deployed.json").read_text())["previous"])


def snapshot(folder: Path, into: Path) -> dict[str, Any]:
    """Copy the database as it is now, consistently."""
    with (
        contextlib.closing(sqlite3.connect(folder / "staging.sqlite")) as source,
        contextlib.closing(sqlite3.connect(into)) as copy,
    ):
        source.backup(copy)
    return {"snapshot": str(into), **fingerprint(into)}


def restore(kept: Path, into: Path) -> dict[str, Any]:
    """Restore a snapshot elsewhere, never over the service's own database."""
    if into.exists():
        raise SystemExit(f"{into} is there already: a restore never overwrites")
    start = time.monotonic()
    shutil.copyfile(kept, into)
    found = fingerprint(into)
    return {"restored": str(into), "rto_s": round(time.monotonic() - start, 3), **found}


def fingerprint(database: Path) -> dict[str, Any]:
    """Return count and SHA-256 of every row of every table, in the order of their keys."""
    digest, count = hashlib.sha256(), 0
    with contextlib.closing(sqlite3.connect(database)) as opened:
        for row in opened.execute("SELECT id, outcome, at FROM decisions ORDER BY id"):
            digest.update(json.dumps(row).encode() + b"\n")
            count += 1
    return {"rows": count, "fingerprint": digest.hexdigest()}


def _fill(folder: Path) -> None:
    path = folder / "staging.sqlite"
    if path.exists():
        return
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(partial)) as database, database:
        database.execute("CREATE TABLE decisions (id INTEGER PRIMARY KEY, outcome TEXT, at TEXT)")
        database.executemany(
            "INSERT INTO decisions VALUES (?, ?, ?)",
            ((at, ("grant", "refuse")[at % 2], f"2026-02-{at % 28 + 1:02d}") for at in range(ROWS)),
        )
    partial.replace(path)
    (folder / "staging.env").write_text(SETTINGS)


def _deployed(folder: Path, version: str, previous: str) -> None:
    partial = folder / "deployed.partial"
    partial.write_text(json.dumps({"version": version, "previous": previous}))
    partial.replace(folder / "deployed.json")


def _wait(folder: Path) -> dict[str, Any]:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        found = _health(folder)
        if found is not None:
            return found
        time.sleep(0.05)
    raise SystemExit(f"the service did not answer: see {folder / 'service.log'}")


def url(folder: Path) -> str:
    """Return where the service of a folder listens; nothing if none was started."""
    try:
        return f"http://127.0.0.1:{int((folder / 'port').read_text())}"
    except (OSError, ValueError):
        return ""


def _health(folder: Path) -> dict[str, Any] | None:
    try:
        where = url(folder)
        with urllib.request.urlopen(f"{where}/health", timeout=3) as answer:
            return {"base_url": where, **json.load(answer)}
    except (OSError, ValueError, urllib.error.URLError):
        return None


def main() -> None:
    """Do one thing and print what came of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("verb", choices=["up", "down", "deploy", "roll-back", "status"])
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args()
    match asked.verb:
        case "up":
            found = up(asked.folder.resolve(), asked.port)
        case "down":
            found = down(asked.folder.resolve())
        case "deploy":
            found = deploy(asked.folder, *asked.words)
        case "roll-back":
            found = roll_back(asked.folder)
        case _:
            found = _health(asked.folder) or {"status": "down"}
    print(json.dumps(found))  # a probe reads it
    sys.exit(0 if found.get("status") in {"healthy", "down"} else 1)


if __name__ == "__main__":
    main()
