"""`cutline tick`: one tick of a run, or of all: for cron and timers."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.commands.given import runs_option
from cutline.commands.send import Duration
from cutline.console import err, out, print_json
from cutline.errors import Exit, Problem, WrongUsage
from cutline.run.folder import RunFolder, every, find
from cutline.run.session import Session
from cutline.run.standing import exit_of, waits
from cutline.run.status import as_json


@click.command()
@click.argument("run", required=False)
@click.option("--all", "is_all", is_flag=True, help="Every open run.")
@runs_option
@click.option(
    "--patience",
    "patience_s",
    type=Duration(),
    default="10s",
    show_default=True,
    help="How long to wait for another tick of the run.",
)
@click.option("--json", "is_json", is_flag=True, help="Print where each run stands as JSON.")
def tick(*, run: str | None, is_all: bool, runs: Path, patience_s: float, is_json: bool) -> int:
    """Do one tick; 0 while all is well, else what the run waits for or came to.

    With --all one run's trouble keeps no other from its tick; the gravest code is the answer.
    """
    if (run is None) == (not is_all):
        raise WrongUsage("tick wants a run, or --all", remedy="cutline tick --all")
    chosen = (
        [one for one in every(runs) if not one.is_closed] if is_all else [find(run or "", runs)]
    )
    codes: list[Exit] = []
    told: list[dict[str, object]] = []
    failed: list[dict[str, object]] = []
    for folder in chosen:
        try:
            session = Session.open(folder)
            state = session.tick(wait_s=patience_s)
        except Problem as problem:
            if not is_all:
                raise
            err.print(f"{folder.name}: {problem}", markup=False)
            codes.append(problem.exit_code)
            failed.append({"run": folder.name, **problem.as_json()})
            continue
        code = exit_of(state)
        codes.append(Exit.OK if code is Exit.IN_PROGRESS else code)
        told.append(as_json(state, session.clock.now()))
        if not is_json:
            _say(folder, session)
    if is_json:
        print_json({"runs": told, "failed": failed})
    return int(max(codes, default=Exit.OK, key=_GRAVITY.index))


_GRAVITY = (
    Exit.OK,
    Exit.PAUSED,
    Exit.ROLLED_BACK,
    Exit.BLOCKED,
    Exit.NOT_MEASURED,
    Exit.NOT_WRITTEN,
    Exit.USAGE,
)


def _say(folder: RunFolder, session: Session) -> None:
    state = session.state
    where = state.outcome or f"{state.phase.value} {state.stage_name}".strip()
    out.print(f"{folder.name}  {where}", markup=False)
    if session.untold:
        err.print(f"nobody was told of the end: {session.untold}", markup=False)
    for wait in waits(state):
        out.print(f"  {wait.why}\n    {wait.command}", markup=False)
