"""The options that say where a source lies, the same in every command."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict

from cutline.errors import WrongUsage
from postroom.archive.archive import Archive
from postroom.archive.registry import open_archive
from postroom.store import Store, open_store

DEFAULT_HOME = "postroom-data"
DEFAULT_SOURCE = "default"


@dataclass(frozen=True, slots=True)
class Where:
    """A source, the home of what lies on this machine, and the object store, by its URL."""

    source_id: str
    home: Path
    dsn: str | None
    store_url: str = ""

    def archive(self, *, create: bool = False) -> Archive:
        """Open the archive of the source."""
        return open_archive(self.source_id, home=self.home, dsn=self.dsn, create=create)

    def store(self) -> Store:
        """Give the object store: the folder `store` of the home if no other was named."""
        return open_store(self.store_url, home=self.home)


def where_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--source`, `--home`, `--dsn` and `--store`, together as `where`."""

    @click.option(
        "--source",
        "source_id",
        default=DEFAULT_SOURCE,
        envvar="POSTROOM_SOURCE",
        show_default=True,
        help="The source: one body of mail with its own archive.",
    )
    @click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=DEFAULT_HOME,
        envvar="POSTROOM_HOME",
        show_default=True,
        help="The folder of the SQLite archives, and of the object store unless --store names one.",
    )
    @click.option(
        "--dsn",
        metavar="env:NAME",
        default=None,
        help="PostgreSQL instead of SQLite: the variable that holds its DSN.",
    )
    @click.option(
        "--store",
        "store_url",
        default="",
        envvar="POSTROOM_STORE",
        metavar="URL",
        help="The object store: a folder, or s3://bucket/prefix.  [default: HOME/store]",
    )
    @wraps(command)
    def with_where(
        *args: object,
        source_id: str,
        home: Path,
        dsn: str | None,
        store_url: str,
        **options: object,
    ) -> object:
        where = Where(source_id, home, dsn_of(dsn), store_url)
        return command(*args, where=where, **options)

    return with_where


def dsn_of(given: str | None) -> str | None:
    """Resolve `env:NAME`; a DSN itself is taken too, unless it holds a password.

    Raises `WrongUsage` for a variable that is not set, for what is no DSN, and for a password on
    the command line, where every user of the machine can read it.
    """
    if given is None:
        return None
    if not given.startswith("env:"):
        return _without_password(given)
    name = given.removeprefix("env:")
    if value := os.environ.get(name):
        return value
    raise WrongUsage(
        "the variable that should hold the DSN is not set",
        where=f"--dsn {given}",
        why=f"{name} is missing or empty in the environment",
        remedy=f"export {name}=postgresql://user@host/database",
    )


def _without_password(dsn: str) -> str:
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise _wrong("it is no DSN of PostgreSQL (and is not shown)") from None
    if "password" in parts:
        raise _wrong("a password on a command line can be read by every user of the machine")
    return dsn


def _wrong(why: str) -> WrongUsage:
    return WrongUsage(
        "this value of --dsn is refused",
        where="--dsn",
        why=why,
        remedy="put the DSN into a variable and name it: --dsn env:DATABASE_URL",
    )
