"""`cutline key`: the key that signs a run's heads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from cutline.console import out, print_json
from cutline.evidence import Journal, PublicKey, files, head, load_public, load_signer, new_key
from cutline.evidence.keyring import rotate as recorded
from cutline.evidence.keys import key_path


@click.group()
def key() -> None:
    """Make, show and rotate the key that signs evidence; CUTLINE_KEY names its file."""


@key.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the key's id as JSON.")
def new(*, path: Path, as_json: bool) -> int:
    """Make a key in PATH (mode 0600) and lay its public key beside it, as PATH.pub."""
    made = new_key(path)
    public = _public(path)
    files.put(public, made.public_pem)
    if as_json:
        print_json({"key_id": made.key_id, "private": str(path), "public": str(public)})
        return 0
    out.print(f"made {path}; its public key is {public}", markup=False)
    out.print(f"key {made.key_id}", markup=False)
    out.print(f"now: export CUTLINE_KEY={path.absolute()}", markup=False)
    return 0


@key.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(*, path: Path | None, as_json: bool) -> int:
    """Print the public key of PATH, or of CUTLINE_KEY, and its id; never the private one."""
    path = path or key_path()
    shown = _either(path)
    if as_json:
        print_json({"key_id": shown.key_id, "public_pem": shown.pem.decode(), "path": str(path)})
        return 0
    out.print(shown.pem.decode(), end="", markup=False)
    out.print(f"key {shown.key_id}", markup=False)
    return 0


@key.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--run",
    "runs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="The folder of an open run that takes the new key over. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the key's id as JSON.")
def rotate(*, path: Path, runs: tuple[Path, ...], as_json: bool) -> int:
    """Make a new key in PATH and record it in open runs, signed by both keys.

    The old key is the one in CUTLINE_KEY. A run that is not named goes on with the old key.
    """
    old = load_signer(key_path())
    journals = [Journal.open(folder) for folder in runs]
    taken = new_key(path)
    files.put(_public(path), taken.public_pem)
    for journal in journals:
        recorded(journal, old, taken, datetime.now(UTC))
        head.sign(journal, taken)
    if as_json:
        print_json({"old": old.key_id, "new": taken.key_id, "runs": [str(run) for run in runs]})
        return 0
    out.print(f"key {taken.key_id} follows key {old.key_id}", markup=False)
    out.print(f"recorded in {len(runs)} runs; now: export CUTLINE_KEY={path.absolute()}")
    return 0


def _public(path: Path) -> Path:
    return path.with_name(path.name + ".pub")


def _either(path: Path) -> PublicKey:
    """Return the public key of a private or of a public key's file."""
    if path.is_file() and b"PUBLIC KEY" in path.read_bytes():
        return load_public(path)
    return load_signer(path).public
