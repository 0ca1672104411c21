"""`cutline run`: execute a plan, with a live view on a terminal."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.commands.given import input_options, pairs, runs_option
from cutline.commands.watch import finish, watch
from cutline.console import err
from cutline.errors import WrongUsage
from cutline.plan.load import load
from cutline.run.begin import Asked, open_or_begin
from cutline.run.clock import RealClock
from cutline.run.sealing import to_seal
from cutline.run.session import Session


@click.command()
@click.argument("plan", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--by", required=True, help="Who runs it, as the plan's people have the name.")
@input_options
@runs_option
@click.option("--compress", "factor", type=float, default=1.0, help="Divide every duration.")
@click.option("--follows", default="", help="The run that this one follows.")
@click.option("--fixed", default="", help="What was fixed since that one.")
@click.option("--seal-only", is_flag=True, help="Go on with a run that waits to be sealed.")
@click.option("--stay", is_flag=True, help="Go on watching where it would leave with 2.")
@click.option("--json", "is_json", is_flag=True, help="Print where it stands at the end as JSON.")
def run(  # noqa: PLR0913  # one parameter an option
    *,
    plan: Path,
    by: str,
    given_inputs: tuple[str, ...],
    inputs_files: tuple[Path, ...],
    runs: Path,
    factor: float,
    follows: str,
    fixed: str,
    seal_only: bool,
    stay: bool,
    is_json: bool,
) -> int:
    """Execute PLAN, or go on with its open run; 0 complete, 2 waits for a person, 4 rolled back."""
    if factor < 1:
        raise WrongUsage(f"--compress {factor:g} makes a plan longer", remedy="1 or more")
    loaded = load(plan, inputs=pairs(given_inputs), inputs_files=inputs_files)
    clock = RealClock()
    if seal_only:
        session = Session.open(to_seal(loaded.plan.name, runs), clock)
        return finish(session, clock, gz=False, is_json=is_json)
    session = open_or_begin(loaded, runs, Asked(by, follows, fixed, factor), clock)
    how = "begins" if session.is_new else "goes on"
    err.print(f"run {session.folder.name} {how}", highlight=False)
    return int(watch(session, clock, stay=stay, is_json=is_json))
