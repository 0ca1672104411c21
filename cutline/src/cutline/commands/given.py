"""The options that commands share: where runs lie, and the inputs of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from cutline.errors import WrongUsage
from cutline.run.folder import RUNS

_Command = TypeVar("_Command", bound=Callable[..., Any])


runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default=RUNS,
    show_default=True,
    help="Folder of all runs.",
)
input_option = click.option(
    "--input",
    "given_inputs",
    multiple=True,
    metavar="NAME=VALUE",
    help="An input of the plan; secret ones come from the environment.",
)


def input_options(command: _Command) -> _Command:
    """Add `--input NAME=VALUE` and `--inputs FILE`, as `given_inputs` and `inputs_files`."""
    many = click.option(
        "--inputs",
        "inputs_files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A YAML file with inputs; the last one wins.",
    )
    return input_option(many(command))


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """Return the inputs that a command line gives; raises `WrongUsage` for what is no pair."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise WrongUsage("--input takes NAME=VALUE", where=name)
        found[name] = value
    return found
