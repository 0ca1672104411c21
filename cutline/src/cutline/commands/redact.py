"""`cutline redact`: drop a file's content from a run's evidence and say why."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.commands.given import runs_option
from cutline.console import out, print_json
from cutline.evidence.redact import keep as kept
from cutline.evidence.redact import redact as dropped
from cutline.run.folder import find


@click.command()
@click.argument("run")
@click.argument("file")
@click.option("--by", required=True, help="Who drops it.")
@click.option("--reason", required=True, help="Why.")
@click.option(
    "--keep",
    "line",
    type=int,
    metavar="LINE",
    help="Drop nothing: this line, which the scanner names, is no secret.",
)
@runs_option
@click.option("--json", "as_json", is_flag=True, help="Print the entry as JSON.")
def redact(  # one parameter an option
    *, run: str, file: str, by: str, reason: str, line: int | None, runs: Path, as_json: bool
) -> int:
    """Drop FILE (a path in RUN's folder, or a digest); its digest and the reason are kept."""
    folder = find(run, runs).path
    if line is None:
        entry = dropped(folder, file, reason, by)
        said = f"dropped {entry.data['file']}; its digest and the reason are entry {entry.seq}"
    else:
        entry = kept(folder, file, line, reason, by)
        said = f"line {line} of {file} is kept as no secret: entry {entry.seq}"
    if as_json:
        print_json({"seq": entry.seq, "at": entry.at, "data": dict(entry.data)})
    else:
        out.print(said, markup=False)
    return 0
