"""`postroom doctor`: what this machine, its store and a stack on AWS have and lack."""

from __future__ import annotations

from dataclasses import asdict

import click

from cutline.console import out, print_json
from cutline.errors import Exit
from postroom.aws.names import STACK_VARIABLE, names_of
from postroom.commands.where import Where, where_options
from postroom.store.look import look as look_at_store


@click.command()
@click.option("--aws", "with_aws", is_flag=True, help="Look at a stack on AWS too.")
@click.option("--stack", envvar=STACK_VARIABLE, help="The stack.  [default: postroom]")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@where_options
def doctor(stack: str | None, where: Where, *, with_aws: bool, as_json: bool) -> int:
    """Look at what ingests need, the object store too; exit 3 if anything is amiss.

    With --aws also at everything of a stack that can be read back: queues, pipe, state machine,
    compute environment (its minimum must be 0), jobs, buckets and their locks, alarms.
    """
    from postroom.cutover import doctor as this_machine  # noqa: PLC0415  # parity takes its time

    found = [*this_machine(), look_at_store(where.store())]
    if with_aws:
        from postroom.aws.doctor import look  # noqa: PLC0415  # boto3 takes its time

        found += look(names_of(stack))
    if as_json:
        print_json({"findings": [asdict(one) for one in found]})
    else:
        for one in found:
            mark = "[green]✓[/]" if one.is_well else "[red]✗[/]"
            out.print(f"{mark} {one.name}", end=": ")
            out.print(one.seen, markup=False)
            if not one.is_well:
                out.print(f"  help: {one.remedy}", markup=False)
    return int(Exit.OK if all(one.is_well for one in found) else Exit.NOT_MEASURED)
