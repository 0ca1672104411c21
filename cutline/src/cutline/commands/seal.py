"""`cutline seal`: go on with a run that waits to be sealed."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.commands.send import of_a_run
from cutline.commands.watch import finish
from cutline.run.clock import RealClock
from cutline.run.folder import find
from cutline.run.session import Session


@click.command()
@of_a_run
@click.option("--gz", is_flag=True, help="Write evidence.tar.gz beside the tar.")
def seal(*, run: str, runs: Path, gz: bool, as_json: bool) -> int:
    """Seal RUN, or go on where an earlier attempt stopped: a full disk, a store that was away."""
    clock = RealClock()
    session = Session.open(find(run, runs), clock)
    return finish(session, clock, gz=gz, is_json=as_json)
