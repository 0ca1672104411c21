"""`cutline check`: read a plan, refuse it with every fault, or show it as a table."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click
from rich.table import Table

from cutline.commands.given import input_options, pairs
from cutline.console import out, print_json
from cutline.errors import Exit
from cutline.plan.duration import words
from cutline.plan.load import load
from cutline.plan.report import CheckReport, report


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@input_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(
    *, plan: Path, given_inputs: tuple[str, ...], inputs_files: tuple[Path, ...], as_json: bool
) -> int:
    """Check PLAN and show it: 0 it is valid, 64 it is refused, 3 it cannot be read."""
    loaded = load(plan, inputs=pairs(given_inputs), inputs_files=inputs_files, may_miss=True)
    found = report(loaded, os.environ, lambda program: _is_there(plan.parent, program))
    print_json(found.as_json()) if as_json else show(found)
    return int(Exit.OK)


def _is_there(folder: Path, program: str) -> bool:
    """Say whether a program is found: beside the plan if it is a path, else on PATH."""
    return (folder / program).exists() if "/" in program else shutil.which(program) is not None


def show(found: CheckReport) -> None:
    """Print the report for people."""
    table = Table(title=f"{found.plan}  {found.digest[:12]}", title_justify="left")
    for column in ("stage", "what is done", "least time", "marks"):
        table.add_column(column, overflow="fold")
    for row in found.stages:
        table.add_row(
            row.name,
            "\n".join(row.is_done).replace("[", "\\["),
            words(row.least_s) if row.least_s else "",
            ", ".join(words(mark) for mark in row.marks_s),
        )
    out.print(table)
    out.print(f"least time: {words(found.least_s)}", markup=False)
    out.print(f"point of no return: {found.no_return or 'none'}", markup=False)
    for one in found.decisions:
        people = ", ".join(one.people)
        out.print(f"decision {one.checkpoint} {one.asks}: {people}", markup=False)
    out.print(f"largest useful --compress: {found.largest_factor:g}", markup=False)
    for line in found.warnings:
        out.print(line, markup=False)
    for title, lines in (("note", found.notes), ("not checked", found.not_checked)):
        for line in lines:
            out.print(f"{title}: {line}", markup=False)
