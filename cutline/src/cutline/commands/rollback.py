"""`cutline rollback` and `cutline abort`: traffic back to v1, at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from cutline.commands.given import input_options, pairs
from cutline.commands.send import Duration, by_somebody, check, of_a_run
from cutline.console import err, out, print_json
from cutline.errors import CannotMeasure, CannotWrite, Exit, Problem, WrongUsage
from cutline.plan.load import Loaded, load
from cutline.run.folder import Busy, RunFolder, find
from cutline.run.inbox import Inbox
from cutline.run.session import Session
from cutline.run.site import Site
from cutline.run.standing import exit_of
from cutline.run.status import as_json
from cutline.switches import switch

PATIENCE = click.option(
    "--patience",
    "patience_s",
    type=Duration(),
    default="10s",
    show_default=True,
    help="How long to wait for another tick, before the switch is set without one.",
)


@click.command()
@of_a_run
@by_somebody
@click.option("--reason", required=True)
@PATIENCE
@click.option("--force", is_flag=True, help="RUN is a plan file: lower its switch, run or no run.")
@input_options
def rollback(  # noqa: PLR0913  # one parameter an option
    *,
    run: str,
    runs: Path,
    by: str,
    reason: str,
    force: bool,
    given_inputs: tuple[str, ...],
    inputs_files: tuple[Path, ...],
    patience_s: float,
    as_json: bool,
) -> int:
    """Roll RUN back: lower the switch, confirm, drain, undo. It ticks at once.

    If another tick holds the run for ten seconds the switch is set to 0 without waiting for it.
    """
    if force:
        loaded = load(Path(run), inputs=pairs(given_inputs), inputs_files=inputs_files)
        return _force(loaded, is_json=as_json)
    return _send(find(run, runs), "rollback", by, reason, patience_s, is_json=as_json)


@click.command()
@of_a_run
@by_somebody
@click.option("--reason", required=True)
@PATIENCE
def abort(  # one parameter an option
    *, run: str, runs: Path, by: str, reason: str, patience_s: float, as_json: bool
) -> int:
    """Roll RUN back and close it as aborted."""
    return _send(find(run, runs), "abort", by, reason, patience_s, is_json=as_json)


def _send(  # what, to whom, by whom, and how long it waits
    folder: RunFolder, verb: str, by: str, reason: str, patience_s: float, *, is_json: bool
) -> int:
    """Put the message and tick; whatever stands in the way of a tick, the switch is lowered."""
    if folder.is_closed:
        raise WrongUsage(
            f"{folder.name} is closed",
            where=str(folder.path),
            why="nothing is written into a closed run",
            remedy="cutline rollback PLAN --force lowers the switch all the same",
        )
    session = _session(folder)
    if session.state.no_return is not None:
        check(folder, verb, by, {"reason": reason})
    try:
        Inbox(folder.inbox).put(verb, by, datetime.now(UTC), {"reason": reason})
    except CannotWrite as problem:
        err.print(f"{problem}\nthe switch is lowered all the same", markup=False)
        _lower(session)
        raise
    try:
        state = session.tick(wait_s=patience_s)
    except Busy:
        return _beside(session, is_json=is_json)
    except (CannotWrite, CannotMeasure) as problem:
        err.print(f"{problem}\nthe switch is lowered all the same", markup=False)
        _lower(session)
        raise
    if is_json:
        print_json(as_json(state, session.clock.now()))
    else:
        where = state.outcome or state.phase.value
        out.print(f"{folder.name}: {where}; v2 at {state.traffic.seen} %", markup=False)
        if state.outcome is None:
            out.print(f"  cutline tick {folder.name}", markup=False)
    return int(exit_of(state))


def _session(folder: RunFolder) -> Session:
    try:
        return Session.open(folder)
    except Problem as problem:
        err.print(
            f"{folder.name} cannot be opened; cutline rollback PLAN --force needs no run",
            markup=False,
        )
        raise problem from None


def _beside(session: Session, *, is_json: bool) -> int:
    """Lower the switch beside a tick that holds the run: lowering needs no lock."""
    if session.state.no_return is not None:
        raise WrongUsage("another tick holds the run", remedy="the next tick takes the message")
    why = _lower(session)
    if is_json:
        print_json({"run": session.folder.name, "is_busy": True, "is_lowered": not why, "why": why})
    else:
        said = f"NOT LOWERED: {why}" if why else "the switch is at 0"
        out.print(f"another tick holds the run; {said}. The next tick does the rest", markup=False)
    return int(Exit.NOT_WRITTEN if why else Exit.IN_PROGRESS)


def _lower(session: Session) -> str:
    """Set the switch to 0 and return why that did not work, or nothing."""
    if session.state.no_return is not None:
        return "behind a step of no return"
    return session.world.lower()


def _force(loaded: Loaded, *, is_json: bool) -> int:
    """Lower the switch of a plan without any run: no journal, no lock, nothing else."""
    site = Site.without_a_run(loaded)
    kind = switch(loaded.plan.switch, site)
    kind.set(0)
    seen = kind.read()
    if is_json:
        print_json({"percent": seen})
    else:
        out.print(f"the switch of {loaded.plan.name} is at {seen} %", markup=False)
    if loaded.plan.switch.apply is not None:
        command = " ".join(site.argv(loaded.plan.switch.apply))
        out.print(f"it has to be put into force: {command}", markup=False)
    if seen != 0:
        raise CannotMeasure(
            "the switch does not read 0", where=str(loaded.path), why=f"it reads {seen}"
        )
    return int(Exit.OK)
