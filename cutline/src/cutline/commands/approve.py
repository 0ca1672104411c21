"""`cutline approve`: give or deny what a checkpoint asks of a person."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.commands.send import by_somebody, of_a_run, send
from cutline.errors import Exit, WrongUsage


@click.command()
@of_a_run
@click.argument("checkpoint")
@by_somebody
@click.option("--value", help="The number or word that the checkpoint asks for.")
@click.option("--deny", is_flag=True, help="Close the checkpoint: it is not approved.")
@click.option("--note", default="", help="What the evidence should say beside it.")
@click.option(
    "--signature",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="ssh-keygen -Y sign -n cutline -f KEY BRIEF wrote it.",
)
def approve(  # noqa: PLR0913  # one parameter an option
    *,
    run: str,
    checkpoint: str,
    runs: Path,
    by: str,
    value: str | None,
    deny: bool,
    note: str,
    signature: Path | None,
    as_json: bool,
) -> int:
    """Approve CHECKPOINT of RUN, bound to the brief that `cutline status` shows."""
    if deny and value is not None:
        raise WrongUsage("--deny gives no value", where="--value", remedy="leave one of them out")
    data: dict[str, object] = {"checkpoint": checkpoint, "note": note}
    if value is not None:
        data["value"] = _value(value)
    if signature is not None:
        data["signature"] = signature.read_text(encoding="utf-8", errors="replace")
    send(run, runs, "deny" if deny else "approve", by, data, as_json=as_json)
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
