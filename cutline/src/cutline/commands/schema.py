"""`cutline schema`: the JSON schema of a plan, for editors."""

from __future__ import annotations

import click

from cutline.console import print_json
from cutline.errors import Exit
from cutline.plan.schema import schema as schema_of_a_plan


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The same: a schema is JSON.")
def schema(*, as_json: bool) -> int:
    """Print the JSON schema of a plan."""
    del as_json
    print_json(schema_of_a_plan())
    return int(Exit.OK)
