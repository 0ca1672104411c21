"""`cutline approve`: give or deny what a checkpoint asks of a person."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.commands.send import of_a_run, send
from cutline.console import out, print_json
from cutline.errors import Exit, WrongUsage
from cutline.evidence.journal import Journal
from cutline.run.brief_file import asked, signing, write_brief
from cutline.run.checkpoint import Checkpoint
from cutline.run.folder import RunFolder, find
from cutline.run.open import resume
from cutline.run.state import State


@click.command()
@of_a_run
@click.argument("checkpoint")
@click.option("--by", help="Your name, as the plan's people have it.")
@click.option("--value", help="The number or word that the checkpoint asks for.")
@click.option("--deny", is_flag=True, help="Close the checkpoint: it is not approved.")
@click.option("--note", default="", help="What the evidence should say beside it.")
@click.option(
    "--signature",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="ssh-keygen -Y sign -n cutline -f KEY BRIEF wrote it.",
)
@click.option(
    "--brief",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what is approved into this file and say how it is signed; approves nothing.",
)
def approve(  # noqa: PLR0913  # one parameter an option
    *,
    run: str,
    checkpoint: str,
    runs: Path,
    by: str | None,
    value: str | None,
    deny: bool,
    note: str,
    signature: Path | None,
    brief: Path | None,
    as_json: bool,
) -> int:
    """Approve CHECKPOINT of RUN, bound to the brief that --brief writes."""
    if deny and value is not None:
        raise WrongUsage("--deny gives no value", where="--value", remedy="leave one of them out")
    folder = find(run, runs)
    state = resume(Journal.open(folder.path))
    point = asked(state, checkpoint)
    if brief is not None:
        return _show(folder, state, point, brief, as_json=as_json)
    if by is None:
        raise WrongUsage("nobody is named", where="--by", remedy="--by NAME")
    data: dict[str, object] = {"checkpoint": checkpoint, "note": note, "brief": point.brief}
    if value is not None:
        data["value"] = _value(value)
    if signature is not None:
        data["signature"] = signature.read_text(encoding="utf-8", errors="replace")
    send(run, runs, "deny" if deny else "approve", by, data, as_json=as_json)
    return int(Exit.OK)


def _show(folder: RunFolder, state: State, point: Checkpoint, brief: Path, *, as_json: bool) -> int:
    write_brief(folder, point, brief)
    sign, hand_in = signing(state, point, brief)
    if as_json:
        print_json({"brief": str(brief), "digest": point.brief, "sign": sign, "approve": hand_in})
    else:
        out.print(f"{brief} is what an approval of {point.name} binds to", markup=False)
        out.print(f"  {sign}\n  {hand_in}", markup=False, soft_wrap=True)
    return int(Exit.OK)


def _value(text: str) -> str | int | float | bool:
    """Return a number where the text is one, true and false likewise."""
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
