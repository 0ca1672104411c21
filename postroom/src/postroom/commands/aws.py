"""`postroom aws`: the jobs of the pipeline on AWS, and the switch that stops them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

import click

from cutline.console import err, print_json
from cutline.errors import Exit
from postroom.aws.names import JOBS, STACK_VARIABLE, names_of
from postroom.aws.open_buckets import open_buckets
from postroom.commands.where import Where, where_options
from postroom.pipeline.message import InvalidMessage

if TYPE_CHECKING:
    from postroom.aws.stop import Set

_TIMEOUT_S: Final = 600.0


@click.group("aws")
def aws() -> None:
    """Run the pipeline's jobs on AWS, or stop them all."""


@aws.command("job")
@click.argument("task", type=click.Choice(tuple(JOBS)))
@where_options
def job(task: str, where: Where) -> int:
    """Do one TASK of the execution that the environment names; Batch starts this.

    POSTROOM_MESSAGE and POSTROOM_EXECUTION say of which ingest, POSTROOM_STORE and POSTROOM_UPLOADS
    where its objects lie. Exit 79: the ingest is completed, or somebody else's.
    """
    from postroom.aws.job import read_job, run_job  # noqa: PLC0415  # boto3 takes its time

    try:
        found = read_job(task)
    except InvalidMessage as problem:
        if task != "mark-failed":
            raise
        err.print(f"no ingest to mark: {problem.why}", markup=False)  # the dead letters have it
        return Exit.OK
    where = replace(where, source_id=found.message.source_id)
    return run_job(found, where.archive(), open_buckets(where))


def _switch(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of `stop` and `start`."""
    timeout = click.option(
        "--timeout", "timeout_s", default=_TIMEOUT_S, show_default=True, help="Seconds."
    )
    stack = click.option("--stack", envvar=STACK_VARIABLE, help="The stack.  [default: postroom]")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print what was read back.")
    return stack(timeout(as_json(command)))


@aws.command("stop")
@_switch
def stop(stack: str | None, timeout_s: float, *, as_json: bool) -> int:
    """Disable every job queue on the compute environment, then that; read both back.

    Jobs that run go on to their end, those that wait stay. Exit 6 if one does not say so in time.
    """
    from postroom.aws import stop as switch  # noqa: PLC0415  # boto3 takes its time

    return _shown(switch.stop(names_of(stack), timeout_s, _show), as_json=as_json)


@aws.command("start")
@_switch
def start(stack: str | None, timeout_s: float, *, as_json: bool) -> int:
    """Enable what stop disabled: the environment first, then the queues."""
    from postroom.aws import stop as switch  # noqa: PLC0415  # boto3 takes its time

    return _shown(switch.start(names_of(stack), timeout_s, _show), as_json=as_json)


def _show(found: Set) -> None:
    err.print(f"{found.kind} {found.name}: {found.state}", markup=False)


def _shown(found: list[Set], *, as_json: bool) -> int:
    if as_json:
        print_json([asdict(one) for one in found])
    return Exit.OK
