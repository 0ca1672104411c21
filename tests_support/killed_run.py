"""Runs of a whole plan, each killed at one write of its journal and resumed until it ends.

`python -m tests_support.killed_run` reads one JSON line a play from standard input, forks a
process that runs the plan and kills itself at the asked write, resumes it in another, and answers
with one JSON line. A fork has everything imported already, so a play costs about a second.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cutline.errors import Problem
from cutline.evidence.journal import Journal
from cutline.plan.load import load
from cutline.run.begin import Asked, open_or_begin
from cutline.run.clock import RealClock
from cutline.run.inbox import Inbox
from cutline.run.session import Session
from cutline.run.stepping import StepIs

LONGEST_S = 60.0
PLAN = """
cutline: 1
name: killed
people: {ana: {roles: [sre]}, ben: {roles: [sre]}}
watch: {every: 0.1s, blind_after: 60s}
evidence: {worm: "file://worm", key: {env: CUTLINE_KEY}}
switch: {env_file: {path: .env, key: PERCENT}}
probes:
  marker: {sql: {dsn: "sqlite:///marks.db", query: "SELECT
    (SELECT count(*) FROM marks WHERE name = 'arm') > 0 AND (SELECT broken FROM world) AS broken"},
    returns: {broken: int}}
gates:
  sound: {check: marker.broken == 0}
stages:
  - name: prepare
    steps:
      - {name: once, command: [python3, mark.py, once]}
      - {name: again, command: [python3, mark.py, again], repeatable: true}
  - name: canary
    percent: 10
    bake: {for: 0.6s, every: 0.2s, max_gap: 30s, max_hold: 60s}
    gates: [sound]
  - name: full
    approve: {by: sre}
    steps: [{name: arm, command: [python3, mark.py, arm], repeatable: true}]
    percent: 100
    bake: {for: 0.4s, every: 0.2s, max_gap: 30s, max_hold: 60s}
    gates: [sound]
triggers:
  - {name: broken, when: marker.broken > 0, severity: critical, do: rollback}
"""
MARK = """
import sqlite3, sys
with sqlite3.connect("marks.db", timeout=30) as db:
    db.execute("INSERT INTO marks VALUES (?)", (sys.argv[1],))
"""


def prepare(folder: Path, *, is_broken: bool) -> None:
    """Write the plan and what it acts on."""
    folder.mkdir(parents=True)
    (folder / "plan.yaml").write_text(PLAN)
    (folder / "mark.py").write_text(MARK)
    (folder / ".env").write_text("OTHER=1\nPERCENT=0\n")
    with contextlib.closing(sqlite3.connect(folder / "marks.db")) as database, database:
        database.execute("CREATE TABLE marks (name TEXT)")
        database.execute("CREATE TABLE world (broken INTEGER)")
        database.execute("INSERT INTO world VALUES (?)", (int(is_broken),))


def play(folder: Path) -> str:
    """Run the plan to its end, answering its checkpoint; return the outcome."""
    clock = RealClock()
    loaded = load(folder / "plan.yaml")
    session = open_or_begin(loaded, folder / "runs", Asked("ana"), clock)
    until = time.monotonic() + LONGEST_S
    asked: set[str] = set()
    while not session.state.is_over:
        if time.monotonic() > until:
            return f"still {session.state.phase} after {LONGEST_S:g} s"
        session.tick()
        _answer(session, asked)
        time.sleep(0.02)
    return str(session.state.outcome)


def _answer(session: Session, asked: set[str]) -> None:
    """Play the people: approve what is asked, retry what waits for somebody."""
    inbox = Inbox(session.folder.inbox)
    now = datetime.now(UTC)
    for point in session.state.asks:
        if point.name not in asked and not inbox.read():
            inbox.put("approve", "ben", now, {"checkpoint": point.name})
            asked.add(point.name)
    if any(step.state is StepIs.WAITS for step in session.state.steps.values()):
        asked.add("a person was asked about a step")


def killing(at: int, *, is_before: bool) -> Callable[..., Any]:
    """Return an `append` that kills the process at the write number `at`."""
    append, written = Journal.append, [0]

    def die_at(self: Journal, *arguments: Any, **named: Any) -> Any:
        written[0] += 1
        if written[0] == at and is_before:
            os.kill(os.getpid(), signal.SIGKILL)
        entry = append(self, *arguments, **named)
        if written[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return entry

    return die_at


def forked(work: Callable[[], str]) -> str:
    """Do something in a child and return what it says; `killed` if it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            said = work()
        except Problem as problem:
            said = f"{type(problem).__name__}: {problem}"
        except BaseException as error:  # noqa: BLE001  # the parent has to hear of any
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read().decode()
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else said


def one(folder: Path, at: int, *, is_before: bool, is_broken: bool) -> dict[str, Any]:
    """Play the plan once with a kill, and to its end."""
    prepare(folder, is_broken=is_broken)

    def first() -> str:
        Journal.append = killing(at, is_before=is_before)  # type: ignore[method-assign]
        return play(folder)

    was = forked(first)
    outcome = forked(lambda: play(folder)) if was == "killed" else was
    with contextlib.closing(sqlite3.connect(folder / "marks.db")) as database:
        marks = [row[0] for row in database.execute("SELECT name FROM marks")]
    journals = list((folder / "runs").rglob("journal.jsonl"))
    last = json.loads(journals[-1].read_text().splitlines()[-1])
    return {
        "was": was,
        "outcome": outcome,
        "once": marks.count("once"),
        "again": marks.count("again"),
        "percent": (folder / ".env").read_text(),
        "runs": len(journals),
        "entries": last["seq"],
        "verdict": last["data"].get("verdict"),
    }


def main() -> None:
    """Answer each play."""
    for line in sys.stdin:
        asked = json.loads(line)
        folder = Path(asked.pop("folder"))
        sys.stdout.write(json.dumps(one(folder, **asked)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
