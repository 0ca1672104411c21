"""`postroom token`: who may use the HTTP service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutline.console import err, out, print_json

if TYPE_CHECKING:
    from postroom.api.access import Role

_FILE = click.option(
    "--tokens",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="POSTROOM_TOKENS",
    required=True,
    help="The file of tokens, which `postroom serve --tokens` reads.",
)


@click.group()
def token() -> None:
    """Make tokens for the HTTP service. A file holds their digests, never the tokens."""


@token.command("new")
@click.option("--name", required=True, help="Whose it is: logs and notes say it.")
@click.option(
    "--role", type=click.Choice(["reader", "writer", "admin"]), default="reader", show_default=True
)
@click.option(
    "--source", "sources", multiple=True, required=True, help="A source it is for; `*`: all."
)
@click.option("--json", "as_json", is_flag=True, help="Print the token as JSON.")
@_FILE
def new(name: str, role: Role, sources: tuple[str, ...], path: Path, *, as_json: bool) -> None:
    """Make a token and print it, once: nobody can read it again."""
    from postroom.api.access import ALL_SOURCES, Caller, add, new_token  # noqa: PLC0415  # 1 s

    made = new_token()
    seen = None if ALL_SOURCES in sources else frozenset(sources)
    add(path, Caller(name, role, seen), made)
    if as_json:
        print_json({"token": made, "name": name, "role": role, "sources": list(sources)})
    else:
        out.print(made, markup=False, soft_wrap=True)
        err.print(f"a {role}'s token for {name}; running services take it at once", markup=False)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@_FILE
def show(path: Path, *, as_json: bool) -> None:
    """List whose tokens a file has, with their roles and sources."""
    from postroom.api.access import ALL_SOURCES, Tokens  # noqa: PLC0415  # 1 s

    listed = [
        {
            "name": entry.caller.name,
            "role": entry.caller.role,
            "sources": sorted(entry.caller.sources or (ALL_SOURCES,)),
        }
        for entry in Tokens(path).read()
    ]
    if as_json:
        print_json(listed)
        return
    for one in listed:
        out.print(f"{one['name']}  {one['role']}  {' '.join(one['sources'])}", markup=False)
