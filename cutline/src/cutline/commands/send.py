"""What the commands of people have in common: they put one message into a run's inbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from cutline.console import out, print_json
from cutline.errors import WrongUsage
from cutline.run.folder import RUNS, RunFolder, find
from cutline.run.inbox import Inbox

F = TypeVar("F", bound=Callable[..., Any])


def of_a_run(command: F) -> F:
    """Give a command the argument RUN and the options --runs and --json."""
    options = [
        click.argument("run"),
        click.option(
            "--runs",
            type=click.Path(path_type=Path, file_okay=False),
            default=RUNS,
            show_default=True,
            help="Folder of all runs.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def by_somebody(command: F) -> F:
    """Give a command the option --by: who says so."""
    return click.option("--by", required=True, help="Your name, as the plan's people have it.")(
        command
    )


def send(  # what, to whom, by whom and how it is told
    run: str, runs: Path, verb: str, by: str, data: Mapping[str, object], *, as_json: bool
) -> RunFolder:
    """Put a message into the inbox of an open run and say when it is taken."""
    folder = find(run, runs)
    if folder.is_closed:
        raise WrongUsage(
            f"{folder.name} is closed",
            where=str(folder.path),
            why="nothing is written into a closed run",
            remedy="cutline run PLAN --follows " + folder.name,
        )
    message = Inbox(folder.path / "inbox").put(verb, by, datetime.now(UTC), data)
    if as_json:
        print_json({"run": folder.name, "verb": verb, "message": message.id})
    else:
        out.print(f"{verb} is in the inbox of {folder.name}; the next tick takes it:")
        out.print(f"  cutline tick {folder.name}", markup=False)
    return folder
