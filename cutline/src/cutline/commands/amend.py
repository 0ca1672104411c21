"""`cutline amend`: a changed plan, taken over by a run that is open."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import click

from cutline.commands.given import input_option, pairs
from cutline.commands.send import Refused, by_somebody, of_a_run, send
from cutline.console import out
from cutline.errors import Exit, WrongUsage
from cutline.evidence.journal import Journal
from cutline.evidence.secrets import Redactor
from cutline.plan.compress import compressed
from cutline.plan.difference import difference
from cutline.plan.load import load
from cutline.run.amending import amendment, named
from cutline.run.folder import find
from cutline.run.open import resume
from cutline.run.session import begin_files


@click.command()
@of_a_run
@click.argument("plan", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@by_somebody
@click.option("--reason", required=True)
@input_option
def amend(  # one parameter an option
    *,
    run: str,
    plan: Path,
    runs: Path,
    by: str,
    reason: str,
    given_inputs: tuple[str, ...],
    as_json: bool,
) -> int:
    """Let RUN go on with PLAN. Shows the difference; tighter wants one approval, looser two."""
    folder = find(run, runs)
    state = resume(Journal.open(folder.path))
    inputs = {name: str(value) for name, value in state.origin.inputs.items()}
    secret = {name for name, one in state.plan.inputs.items() if one.secret}
    known = {name: value for name, value in inputs.items() if name not in secret}
    loaded = load(plan, inputs={**known, **pairs(given_inputs)})
    factor = state.origin.factor
    new = compressed(loaded.plan, factor) if factor != 1 else loaded.plan
    files = {name: sha256(content).hexdigest() for name, content in loaded.files.items()}
    changes = difference(
        state.plan, new, old_files=named(state.plan, state.files), new_files=named(new, files)
    )
    model = new.model_dump(mode="json", exclude_unset=True)
    wanted = 0
    if changes:
        asked = {"plan": {"model": model}, "files": files, "reason": reason}
        found, why = amendment(state, by, asked, difference)
        if why:
            raise Refused(f"{folder.name} cannot go on with this plan", where=str(plan), why=why)
        wanted = int(found["quorum"])
    if not changes and loaded.digest == state.plan_digest:
        raise WrongUsage("the plan has not changed", where=str(plan), remedy="nothing to do")
    if not as_json:
        for change in changes:
            how = "looser" if change.is_looser else "tighter or equal"
            line = f"{change.path}: {change.before} -> {change.after} ({how})"
            out.print(line, markup=False)
        if wanted:
            out.print(f"it wants {wanted} approval(s) by others", markup=False)
    data = {
        "plan": {
            "name": new.name,
            "digest": loaded.digest,
            "model": model,
        },
        "files": begin_files(folder, loaded.files, Redactor()),
        "reason": reason,
    }
    send(run, runs, "amend", by, data, as_json=as_json)
    return int(Exit.OK)
