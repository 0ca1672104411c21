"""`cutline status`: what runs are at, read from their journals alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from cutline.commands.given import runs_option
from cutline.console import err, out, print_json
from cutline.errors import Exit, Problem, WrongUsage
from cutline.evidence.journal import Journal
from cutline.run import forms
from cutline.run.failing import last_words
from cutline.run.folder import every, find
from cutline.run.open import resume
from cutline.run.standing import exit_of
from cutline.run.state import State
from cutline.run.status import as_json, is_absent, view


@click.command()
@click.argument("run", required=False)
@click.option("--all", "is_all", is_flag=True, help="Every run, one line each.")
@runs_option
@click.option("--watch", "is_watched", is_flag=True, help="Show it again every second.")
@click.option("--json", "is_json", is_flag=True, help="Print it as JSON.")
def status(*, run: str | None, is_all: bool, runs: Path, is_watched: bool, is_json: bool) -> int:
    """Say where RUN stands: its outcome's code, 2 if it waits for a person, 7 in progress."""
    if is_all or run is None:
        return _all(runs, is_json=is_json)
    folder = find(run, runs)
    while True:
        journal = Journal.open(folder.path)
        state, now = resume(journal), datetime.now(UTC)
        missing = forms.missing(state, folder.path, now)
        if is_json:
            print_json(as_json(state, now, missing))
        else:
            failed = last_words(state, folder.path)
            out.print(view(state, now, journal.entries(), missing, failed))
            out.print(f"folder {folder.path}", markup=False, style="dim")
        if folder.waits_to_be_sealed:
            err.print(f"closed and not sealed yet: cutline seal {folder.name}", markup=False)
            return int(Exit.NOT_MEASURED)
        if not is_watched or state.is_over:
            return int(exit_of(state))
        time.sleep(1.0)
        out.clear()


def _all(runs: Path, *, is_json: bool) -> int:
    now = datetime.now(UTC)
    found = list(read(runs))
    states = [one for one in found if isinstance(one, State)]
    broken = [one for one in found if not isinstance(one, State)]
    code = int(Exit.NOT_MEASURED if broken else Exit.OK)
    if is_json:
        failed = [{"run": name, **problem.as_json()} for name, problem in broken]
        print_json({"runs": [as_json(state, now) for state in states], "failed": failed})
        return code
    if not found:
        raise WrongUsage("there is no run here", where=str(runs), remedy="cutline run PLAN --by …")
    for state in states:
        out.print(f"{state.run}  {_where(state, now)}", markup=False)
    for name, problem in broken:
        err.print(f"{name}: {problem}", markup=False)
    return code


def _where(state: State, now: datetime) -> str:
    where = state.outcome or f"{state.phase.value} {state.stage_name}".strip()
    seen = "" if state.traffic.seen is None else f", v2 at {state.traffic.seen} %"
    waiting = ", waits for a person" if exit_of(state) is Exit.PAUSED else ""
    return f"{where}{seen}{waiting}{', nobody watches' if is_absent(state, now) else ''}"


def read(runs: Path) -> Iterator[State | tuple[str, Problem]]:
    """Yield the state of every run, or why it cannot be read; one hides no other."""
    for folder in every(runs):
        try:
            yield resume(Journal.open(folder.path))
        except Problem as problem:
            yield folder.name, problem
