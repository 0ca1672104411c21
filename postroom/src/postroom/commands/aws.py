"""`postroom aws`: the jobs of the pipeline on AWS, and the switch that stops them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Final

import click

from cutline.console import err, print_json
from cutline.errors import Exit
from postroom.aws.job import TASKS, read_job, run_job
from postroom.aws.names import STACK_VARIABLE, Names, names_of
from postroom.aws.open_buckets import open_buckets
from postroom.aws.stop import Set, start, stop
from postroom.commands.where import Where, where_options
from postroom.pipeline.message import InvalidMessage

_TIMEOUT_S: Final = 600.0


@click.group("aws")
def aws() -> None:
    """Run the pipeline's jobs on AWS, or stop them all."""


@aws.command("job")
@click.argument("task", type=click.Choice(TASKS))
@where_options
def job(task: str, where: Where) -> int:
    """Do one TASK of the execution that the environment names; Batch starts this.

    POSTROOM_MESSAGE and POSTROOM_EXECUTION say of which ingest, POSTROOM_STORE and POSTROOM_UPLOADS
    where its objects lie. Exit 79: the ingest is completed, or somebody else's.
    """
    try:
        found = read_job(task)
    except InvalidMessage as problem:
        if task != "mark-failed":
            raise
        err.print(f"no ingest to mark: {problem.why}", markup=False)  # the dead letters have it
        return Exit.OK
    where = replace(where, source_id=found.message.source_id)
    return run_job(found, where.archive(), open_buckets(where))


def _switch(set_all: Callable[[Names, float, Callable[[Set], None]], list[Set]]) -> Any:  # noqa: ANN401  # as click
    @click.option("--stack", envvar=STACK_VARIABLE, help="The stack.  [default: postroom]")
    @click.option("--timeout", "timeout_s", default=_TIMEOUT_S, show_default=True, help="Seconds.")
    @click.option("--json", "as_json", is_flag=True, help="Print what was read back as JSON.")
    def command(stack: str | None, timeout_s: float, *, as_json: bool) -> int:
        found = set_all(names_of(stack), timeout_s, _show)
        if as_json:
            print_json([asdict(one) for one in found])
        return Exit.OK

    command.__doc__ = set_all.__doc__
    return command


def _show(found: Set) -> None:
    err.print(f"{found.kind} {found.name}: {found.state}", markup=False)


aws.command("stop", short_help="Disable queues, then the environment.")(_switch(stop))
aws.command("start", short_help="Enable what stop disabled.")(_switch(start))
