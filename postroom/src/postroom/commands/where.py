"""The options that say where a source lies, the same in every command."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict

from cutline.errors import WrongUsage
from postroom.archive.archive import Archive
from postroom.pipeline.place import DSN, Place
from postroom.store import Store, open_store

DEFAULT_HOME = "postroom-data"
DEFAULT_SOURCE = "default"


@dataclass(frozen=True, slots=True)
class Where:
    """A source, the home of what lies on this machine, and the object store, by its URL."""

    source_id: str
    home: Path
    dsn: str | None = field(repr=False)
    store_url: str = ""
    registry: str | None = field(default=None, repr=False)
    is_emergency: bool = False

    def archive(self, *, create: bool = False) -> Archive:
        """Open the archive of the source."""
        return self.place().archive(self.source_id, create=create)

    def place(self) -> Place:
        """Give what is the same for every source."""
        return Place(self.home, self.dsn, self.store_url, self.registry, self.is_emergency)

    def store(self) -> Store:
        """Give the object store: the folder `store` of the home if no other was named."""
        return open_store(self.store_url, home=self.home)


_OPTIONS: Final = (
    click.option(
        "--source",
        "source_id",
        default=DEFAULT_SOURCE,
        envvar="POSTROOM_SOURCE",
        show_default=True,
        help="The source: one body of mail with its own archive.",
    ),
    click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=DEFAULT_HOME,
        envvar="POSTROOM_HOME",
        show_default=True,
        help="The folder of the SQLite archives, and of the object store unless --store names one.",
    ),
    click.option(
        "--dsn",
        metavar="env:NAME",
        default=None,
        help="PostgreSQL instead of SQLite: the variable that holds its DSN.",
    ),
    click.option(
        "--registry",
        metavar="env:NAME",
        default=None,
        help="PostgreSQL beside SQLite: the variable that holds the DSN of the registry, which says"
        " where each source is.  [default: POSTROOM_DSN, if set]",
    ),
    click.option(
        "--backend",
        type=click.Choice(["sqlite", "postgres"]),
        envvar="POSTROOM_BACKEND",
        default=None,
        help="sqlite: ask no registry, and only read what moved away. postgres: all is at"
        " POSTROOM_DSN.",
    ),
    click.option(
        "--store",
        "store_url",
        default="",
        envvar="POSTROOM_STORE",
        metavar="URL",
        help="The object store: a folder, or s3://bucket/prefix.  [default: HOME/store]",
    ),
)


def where_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--source`, `--home`, `--dsn`, `--registry`, `--backend` and `--store`.

    It gets them together as `where`.
    """

    @wraps(command)
    def with_where(
        *args: object,
        source_id: str,
        home: Path,
        dsn: str | None,
        registry: str | None,
        backend: str | None,
        store_url: str,
        **options: object,
    ) -> object:
        all_in, by = _resolved(dsn, registry, backend)
        where = Where(source_id, home, all_in, store_url, by, is_emergency=backend == "sqlite")
        return command(*args, where=where, **options)

    return _with_options(with_where)


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _resolved(
    dsn: str | None, registry: str | None, backend: str | None
) -> tuple[str | None, str | None]:
    """Give the DSN of everything and that of the registry: one of them, or none."""
    named = [
        option
        for option, value in (
            ("--dsn", dsn),
            ("--registry", registry),
            ("--backend sqlite", backend == "sqlite"),
        )
        if value
    ]
    if len(named) > 1:
        raise WrongUsage(
            "two of these say where sources lie",
            where=", ".join(named),
            why="all in PostgreSQL, each where the registry says, or all in files: it is one",
            remedy="leave one of them away; POSTROOM_BACKEND is --backend",
        )
    if backend == "sqlite":
        return None, None
    if backend == "postgres" and registry is None:
        return dsn_of(dsn or f"env:{DSN}"), None
    if dsn is not None:
        return dsn_of(dsn), None
    return None, given_or_set(registry, DSN, "--registry")


def given_or_set(given: str | None, variable: str, option: str) -> str | None:
    """Resolve what an option was given, else what `variable` holds; None where it is empty."""
    return os.environ.get(variable) or None if given is None else dsn_of(given, option)


def dsn_of(given: str | None, option: str = "--dsn") -> str | None:
    """Resolve `env:NAME`; a DSN itself is taken too, unless it holds a password.

    Raises `WrongUsage` for a variable that is not set, for what is no DSN, and for a password on
    the command line, where every user of the machine can read it.
    """
    if given is None:
        return None
    if not given.startswith("env:"):
        return _without_password(given, option)
    name = given.removeprefix("env:")
    if value := os.environ.get(name):
        return value
    raise WrongUsage(
        "the variable that should hold the DSN is not set",
        where=f"{option} {given}",
        why=f"{name} is missing or empty in the environment",
        remedy=f"export {name}=postgresql://user@host/database",
    )


def _without_password(dsn: str, option: str) -> str:
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise _wrong("it is no DSN of PostgreSQL (and is not shown)", option) from None
    if "password" in parts:
        why = "a password on a command line can be read by every user of the machine"
        raise _wrong(why, option)
    return dsn


def _wrong(why: str, option: str) -> WrongUsage:
    return WrongUsage(
        f"this value of {option} is refused",
        where=option,
        why=why,
        remedy=f"put the DSN into a variable and name it: {option} env:DATABASE_URL",
    )
