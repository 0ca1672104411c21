"""The program `cutline`: one file a command, in `cutline.commands`."""

from __future__ import annotations

from importlib import import_module
from typing import NoReturn

import click

from cutline import __version__
from cutline.console import run_program

# By name: the module of `cutline.commands` that has it. Only the one that is called is imported.
COMMANDS = {
    "abort": "rollback",
    "amend": "amend",
    "approve": "approve",
    "backtest": "backtest",
    "check": "check",
    "doctor": "doctor",
    "extend": "messages",
    "init": "init",
    "key": "key",
    "metrics": "metrics",
    "note": "messages",
    "override": "messages",
    "parity": "parity",
    "pause": "messages",
    "redact": "redact",
    "rehearse": "rehearse",
    "report": "messages",
    "resume": "messages",
    "retry": "messages",
    "rollback": "rollback",
    "run": "run",
    "schema": "schema",
    "seal": "seal",
    "status": "status",
    "tick": "tick",
    "verify": "verify",
}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every name, sorted."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cutline.commands.{COMMANDS[cmd_name]}")
        found = getattr(module, cmd_name)
        return found if isinstance(found, click.Command) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cutline() -> None:
    """Take a V2 into the place of a V1, provably and reversibly."""


def main() -> NoReturn:
    """Run the program; the exit codes are those of `cutline.errors.Exit`."""
    run_program(cutline, "cutline")
