"""`cutline doctor`: what this machine has and lacks."""

from __future__ import annotations

from dataclasses import asdict

import click

from cutline.console import out, print_json
from cutline.doctor import findings
from cutline.dsn import from_option
from cutline.errors import Exit
from cutline.evidence.worm_doctor import look


@click.command()
@click.option("--dsn", help="A database to reach, such as env:DATABASE_URL.")
@click.option("--worm", help="A store for evidence to look at, such as s3://audit/cutover.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, dsn: str | None, worm: str | None, as_json: bool) -> int:
    """Look at Python, the engines, the installed suites and a database; 3 if anything is amiss.

    A dash marks what only some plans need.
    """
    found = list(findings(from_option(dsn, "--dsn") if dsn else None))
    if worm is not None:
        found += look(worm)
    if as_json:
        print_json({"findings": [asdict(one) for one in found]})
    else:
        for one in found:
            mark = "[green]✓[/]" if one.is_well else "[red]✗[/]" if one.is_amiss else "[yellow]-[/]"
            out.print(f"{mark} {one.name}", end=": ")
            out.print(one.seen, markup=False)
            if not one.is_well:
                out.print(f"  help: {one.remedy}", markup=False)
    return int(Exit.NOT_MEASURED if any(one.is_amiss for one in found) else Exit.OK)
