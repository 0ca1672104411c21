"""The program `cutline`: one file a command, in `cutline.commands`."""

from __future__ import annotations

from typing import NoReturn

import click

from cutline import __version__
from cutline.commands.check import check
from cutline.commands.doctor import doctor
from cutline.commands.init import init
from cutline.commands.key import key
from cutline.commands.parity import parity
from cutline.commands.redact import redact
from cutline.commands.schema import schema
from cutline.commands.verify import verify
from cutline.console import run_program


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cutline() -> None:
    """Take a V2 into the place of a V1, provably and reversibly."""


cutline.add_command(check)
cutline.add_command(doctor)
cutline.add_command(init)
cutline.add_command(key)
cutline.add_command(parity)
cutline.add_command(redact)
cutline.add_command(schema)
cutline.add_command(verify)


def main() -> NoReturn:
    """Run the program; the exit codes are those of `cutline.errors.Exit`."""
    run_program(cutline, "cutline")
