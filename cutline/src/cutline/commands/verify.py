"""`cutline verify`: tell whether evidence is what was sealed."""

from __future__ import annotations

from pathlib import Path

import click

from cutline.console import out, print_json
from cutline.errors import WrongUsage
from cutline.evidence import load_public, standalone
from cutline.evidence.verify import State, Verification
from cutline.evidence.verify import verify as verified

_COLOURS = {State.INTACT: "green", State.TAMPERED: "red", State.INCOMPLETE: "yellow"}


@click.command()
@click.argument("evidence", required=False, type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), help="The public key, a PEM file.")
@click.option("--head", type=click.Path(path_type=Path), help="A head that was kept elsewhere.")
@click.option(
    "--write-standalone",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write verify.py, which needs nothing but Python, into a folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def verify(
    *,
    evidence: Path | None,
    key: Path | None,
    head: Path | None,
    write_standalone: Path | None,
    as_json: bool,
) -> int:
    """Verify EVIDENCE, a tar or a run's folder; 0 intact, 1 tampered, 3 incomplete."""
    if write_standalone is not None:
        out.print(str(standalone.write(write_standalone)), markup=False)
        if evidence is None:
            return 0
    if evidence is None or key is None:
        raise WrongUsage(
            "name the evidence and the public key",
            remedy="cutline verify evidence.tar --key public.pem",
        )
    found = verified(evidence, load_public(key), head)
    if as_json:
        print_json(found.as_json())
    else:
        _show(found)
    return int(found.exit_code)


def _show(found: Verification) -> None:
    """Print the findings, what was shown, and the answer."""
    for one in found.findings:
        out.print(f"{one.place}: {one.what}", markup=False)
    told = found.as_json()
    for name in ("consistent", "signed", "anchored"):
        if name in found.shown:
            out.print(f"{name + ':':12}{found.shown[name]}", markup=False)
    if told["run"]:
        out.print(f"run:        {told['run']}, {len(found.entries)} entries", markup=False)
    if told["mode"] not in {None, "run"}:
        out.print(f"mode:       {str(told['mode']).upper()}", markup=False)
    if told["outcome"]:
        out.print(f"ended:      {told['outcome']}, {told['verdict']}", markup=False)
    out.print(f"[bold {_COLOURS[found.state]}]{found.state.value.upper()}[/]")
