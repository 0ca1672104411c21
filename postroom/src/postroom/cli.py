"""The program `postroom`: one file a command, in `postroom.commands`."""

from __future__ import annotations

from typing import NoReturn

import click

from cutline.console import run_program
from postroom import __version__
from postroom.commands.aws import aws
from postroom.commands.cancel import cancel
from postroom.commands.dead_letters import dead_letters
from postroom.commands.doctor import doctor
from postroom.commands.extract import extract
from postroom.commands.ingest import ingest
from postroom.commands.search import search
from postroom.commands.serve import serve
from postroom.commands.shadow import shadow_command
from postroom.commands.smoke import smoke
from postroom.commands.source import source
from postroom.commands.source_back import carry_command, recover_command, rollback_command
from postroom.commands.source_move import move_command, switch_command, verify_command
from postroom.commands.source_snapshot import purge_command, restore_command, snapshot_command
from postroom.commands.status import status
from postroom.commands.submit import submit
from postroom.commands.synth import synth
from postroom.commands.task import task
from postroom.commands.token import token
from postroom.commands.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def postroom() -> None:
    """Ingest Outlook PST mail for e-discovery, losing nothing in silence."""


postroom.add_command(aws)
postroom.add_command(cancel)
postroom.add_command(dead_letters)
postroom.add_command(doctor)
postroom.add_command(extract)
postroom.add_command(ingest)
postroom.add_command(search)
postroom.add_command(serve)
postroom.add_command(shadow_command)
postroom.add_command(smoke)
postroom.add_command(source)
source.add_command(carry_command)
source.add_command(move_command)
source.add_command(purge_command)
source.add_command(recover_command)
source.add_command(restore_command)
source.add_command(rollback_command)
source.add_command(snapshot_command)
source.add_command(switch_command)
source.add_command(verify_command)
postroom.add_command(status)
postroom.add_command(submit)
postroom.add_command(synth)
postroom.add_command(task)
postroom.add_command(worker)
postroom.add_command(token)


def main() -> NoReturn:
    """Run the program; the exit codes are those of `cutline.errors.Exit`."""
    run_program(postroom, "postroom")
