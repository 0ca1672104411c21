"""The option that says where the queue lies, the same in every command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def pipeline_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--pipeline-dsn`, which it gets as `pipeline_dsn`."""
    return click.option(
        "--pipeline-dsn",
        metavar="env:NAME",
        default=None,
        help="The queue in PostgreSQL instead of HOME/pipeline.sqlite: the variable that holds its"
        " DSN.  [default: POSTROOM_PIPELINE_DSN, if set]",
    )(command)
