"""`cutline seal`: go on with a run that waits to be sealed."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.commands.run import watch
from cutline.commands.send import of_a_run
from cutline.console import out
from cutline.errors import Exit
from cutline.run.clock import RealClock
from cutline.run.folder import find
from cutline.run.session import Session
from cutline.run.standing import exit_of


@click.command()
@of_a_run
@click.option("--gz", is_flag=True, help="Write evidence.tar.gz beside the tar.")
def seal(*, run: str, runs: Path, gz: bool, as_json: bool) -> int:
    """Seal RUN, or go on where an earlier attempt stopped: a full disk, a store that was away."""
    clock = RealClock()
    session = Session.open(find(run, runs), clock)
    session.keeping.gz = gz
    if session.state.is_over:
        session.keeping.close(session.state.outcome or "", session.state.verdict)
        code = exit_of(session.state)
    else:
        code = watch(session, clock, stay=False, is_json=as_json)
    receipt = session.keeping.receipt
    if receipt is not None and not as_json:
        out.print(f"sealed {receipt.tar}  sha256 {receipt.sha256}", markup=False)
    return int(code if receipt is not None or code is not Exit.OK else Exit.NOT_MEASURED)
