"""The options of `postroom source`: the two ends of a move, the same in every command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from cutline.errors import WrongUsage
from postroom.commands.where import DEFAULT_HOME, given_or_set
from postroom.pipeline.place import DSN

ADMIN_DSN: Final = "POSTROOM_ADMIN_DSN"


@dataclass(frozen=True, slots=True)
class Ends:
    """The files under `home`, and one PostgreSQL: as a service sees it, and its administrator."""

    home: Path
    registry: str | None = field(repr=False)
    admin_dsn: str | None = field(repr=False)

    @property
    def admin(self) -> str:
        """The administrator's DSN; raises `WrongUsage` if none was named."""
        if self.admin_dsn is not None:
            return self.admin_dsn
        raise WrongUsage(
            "this needs an administrator of PostgreSQL",
            where="--admin-dsn",
            why=f"it was not given, and {ADMIN_DSN} is not set",
            remedy=f"export {ADMIN_DSN}=postgresql://admin@host/database",
        )

    @property
    def best(self) -> str | None:
        """The DSN that sees the most; None where there is no PostgreSQL."""
        return self.admin_dsn or self.registry


def ends_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--home`, `--registry` and `--admin-dsn`, together as `ends`."""

    @click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=DEFAULT_HOME,
        envvar="POSTROOM_HOME",
        show_default=True,
        help="The folder of the SQLite archives.",
    )
    @click.option(
        "--registry",
        metavar="env:NAME",
        default=None,
        help=f"The PostgreSQL of the registry, as the service's user.  [default: {DSN}]",
    )
    @click.option(
        "--admin-dsn",
        metavar="env:NAME",
        default=None,
        help=f"The same as a user who may define things.  [default: {ADMIN_DSN}]",
    )
    @wraps(command)
    def with_ends(
        *args: object,
        home: Path,
        registry: str | None,
        admin_dsn: str | None,
        **options: object,
    ) -> object:
        ends = Ends(
            home,
            given_or_set(registry, DSN, "--registry"),
            given_or_set(admin_dsn, ADMIN_DSN, "--admin-dsn"),
        )
        return command(*args, ends=ends, **options)

    return with_ends
