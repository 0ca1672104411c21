"""What the commands of people have in common: they put one message into a run's inbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from cutline.commands.given import runs_option
from cutline.console import out, print_json
from cutline.errors import WrongUsage
from cutline.evidence.journal import Journal
from cutline.plan.duration import seconds
from cutline.run.accepting import taken
from cutline.run.brief_file import Files
from cutline.run.folder import RunFolder, find
from cutline.run.identify import identify
from cutline.run.inbox import Inbox
from cutline.run.message import Message
from cutline.run.open import resume

F = TypeVar("F", bound=Callable[..., Any])


class Duration(click.ParamType[float]):
    """A duration such as 90s, 6h or 2d."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        try:
            found = seconds(value)
            return float(str(found))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def of_a_run(command: F) -> F:
    """Give a command the argument RUN and the options --runs and --json."""
    options = [
        click.argument("run"),
        runs_option,
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


class Refused(WrongUsage):
    """A message that the run would not accept as it stands."""

    code = "message-refused"


def send(  # what, to whom, by whom and how it is told
    run: str, runs: Path, verb: str, by: str, data: Mapping[str, object], *, as_json: bool
) -> RunFolder:
    """Put a message into the inbox of an open run and say when it is taken.

    Raises `Refused` where the run would not accept it as it stands.
    """
    folder = find(run, runs)
    if folder.is_closed:
        raise WrongUsage(
            f"{folder.name} is closed",
            where=str(folder.path),
            why="nothing is written into a closed run",
            remedy="cutline run PLAN --follows " + folder.name,
        )
    check(folder, verb, by, data)
    message = Inbox(folder.inbox).put(verb, by, datetime.now(UTC), data)
    if as_json:
        print_json({"run": folder.name, "verb": verb, "message": message.id})
    else:
        out.print(f"{verb} is in the inbox of {folder.name}; the next tick takes it:")
        out.print(f"  cutline tick {folder.name}", markup=False)
    return folder


def check(folder: RunFolder, verb: str, by: str, data: Mapping[str, object]) -> None:
    """Raise `Refused` for what the run would refuse; earlier messages may change that, so none."""
    if verb == "amend" or Inbox(folder.inbox).read():
        return
    state, now = resume(Journal.open(folder.path)), datetime.now(UTC)
    said = taken(state, Message("", verb, by, now, data), now, Files(folder), identify)
    if said.is_accepted:
        return
    raise Refused(
        f"{folder.name} does not accept {verb} as it stands",
        where=by,
        why=said.why,
        remedy=f"cutline status {folder.name}",
    )
