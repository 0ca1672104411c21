"""The process of a task with tasks that do what a test asks for.

`TASKS_FOLDER` holds `behave.json`, task to behaviour, and a line in `ran` for each begin, commit
and end. A behaviour with `once ` before it is that of the first run only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from postroom import ingest
from postroom.errors import Away, NotReadable
from postroom.pipeline import task_child
from postroom.tasks import extract, load
from postroom.tasks.result import TaskResult

FOLDER = Path(os.environ.get("TASKS_FOLDER", "/nonexistent"))
REAL = {"extract": extract.run, "load": load.run}
PRIVILEGED = "Dear counsel, this is privileged"
_COMMIT = """INSERT INTO ingest_errors (id, pst_file_id, kind, node_path, reason)
    VALUES (:id, :pst_file_id, 'orphan', :task, 'ran')"""


def note(*what: object) -> None:
    """Add a line, in one write."""
    with (FOLDER / "ran").open("a") as file:
        file.write(" ".join(map(str, what)) + "\n")


def behaviour(name: str) -> str:
    """Say what the test wants of a task; nothing special if it says nothing."""
    path = FOLDER / "behave.json"
    how = json.loads(path.read_text()).get(name, "") if path.exists() else ""
    if not how.startswith("once "):
        return str(how)
    try:
        (FOLDER / f"{name}.once").touch(exist_ok=False)
    except FileExistsError:
        return ""
    return str(how.removeprefix("once "))


def behave(how: str) -> None:
    """Do it."""
    match how:
        case "wait":
            while not (FOLDER / "open").exists():
                time.sleep(0.01)
        case "child":
            child = subprocess.Popen(["/bin/sleep", "600"])
            note("child", child.pid)
            child.wait()
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "eat":
            eaten = []
            while True:
                eaten.append(bytearray(64 << 20))
        case "no-file":
            raise NotReadable("this is no PST", where="x", why="its first bytes are others")
        case "bug":
            raise KeyError(PRIVILEGED)
        case "away":
            raise Away("PostgreSQL went away", where="source x")
        case _:
            return


def find(name: str) -> Any:
    """Find the task of that name as a test wants it."""

    def run(archive: Any, store: Any, pst_file_id: str, claim: Any, progress: Any) -> TaskResult:
        note("begin", pst_file_id, name, claim.epoch)
        progress(name, 1, 2)
        how = behaviour(name)
        if name in REAL and not how and not os.environ.get("TASKS_STAND_IN"):
            result = REAL[name](archive, store, pst_file_id, claim, progress)
        else:
            behave(how)
            result = TaskResult(name, {"runs": 1})
            with archive.transaction() as tx:
                claim.check(tx)
                tx.change(_COMMIT, id=str(uuid4()), pst_file_id=pst_file_id, task=name)
        note("end", pst_file_id, name, claim.epoch)
        return result

    return run


if __name__ == "__main__":
    ingest.task = find
    sys.argv[0] = task_child.__file__
    task_child.main()
