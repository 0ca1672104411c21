"""`cutline init`: write a plan to begin with, and the files that it names."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from cutline.console import out, print_json
from cutline.errors import CannotWrite, Exit

TEMPLATES = ("gradual", "pilot")


@click.command()
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    required=True,
    help="gradual: traffic in stages. pilot: gates, drill, people, sealed evidence.",
)
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--json", "as_json", is_flag=True, help="Print the files as JSON.")
def init(*, template: str, folder: Path, as_json: bool) -> int:
    """Write a plan that `cutline check` passes into FOLDER; nothing there is overwritten."""
    wanted = dict(_files(files("cutline.plan") / "templates" / template, Path()))
    there = [str(folder / name) for name in wanted if (folder / name).exists()]
    if there:
        raise CannotWrite(
            "nothing is overwritten",
            where=", ".join(there),
            remedy="name an empty folder: cutline init --template gradual FOLDER",
        )
    try:
        for name, content in wanted.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise CannotWrite(
            "the plan cannot be written", where=str(folder), why=str(error)
        ) from error
    if as_json:
        print_json({"files": [str(folder / name) for name in wanted]})
    else:
        for name in wanted:
            out.print(f"wrote {folder / name}", markup=False)
        out.print(f"next: cutline check {folder / 'plan.yaml'}", markup=False)
    return int(Exit.OK)


def _files(folder: Traversable, under: Path) -> list[tuple[Path, bytes]]:
    """Return every file of a template with its path, sorted."""
    found: list[tuple[Path, bytes]] = []
    for one in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if one.is_dir():
            found += _files(one, under / one.name)
        else:
            found.append((under / one.name, one.read_bytes()))
    return found
