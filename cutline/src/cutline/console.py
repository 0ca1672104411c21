"""The frame around every command of both programs: exit codes, errors, colour and JSON."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click
from rich.console import Console

from cutline.errors import Exit, Problem

# What reads a pipe or a file has no width of its own: tables stay whole there.
PIPE_COLUMNS = 180

out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else PIPE_COLUMNS)


def print_json(value: Any) -> None:  # noqa: ANN401  # whatever JSON can hold
    """Print `value` as one JSON document on standard output."""
    json.dump(value, sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


def run_program(group: click.Group, name: str) -> NoReturn:
    """Run a Click group and leave the process with the exit code of `cutline.errors.Exit`.

    Click's own usage errors become 64. A `Problem` is printed as what, where, why and what helps,
    as JSON when `--json` is among the arguments.
    """
    try:
        code = group.main(prog_name=name, standalone_mode=False)
    except click.exceptions.Abort:
        err.print("interrupted; nothing partial is left under a final name")
        sys.exit(Exit.PAUSED)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except Problem as problem:
        if "--json" in sys.argv:
            print_json({"error": problem.as_json()})
        err.print(f"[bold red]error[/] ({problem.code})", end=" ")
        err.print(str(problem), markup=False)
        sys.exit(problem.exit_code)
    sys.exit(code if isinstance(code, int) else Exit.OK)
