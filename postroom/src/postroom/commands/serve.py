"""`postroom serve`: the HTTP service."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cutline.console import print_json
from cutline.errors import Exit, WrongUsage
from postroom.commands.pipeline_options import pipeline_option
from postroom.commands.source_options import ADMIN_DSN
from postroom.commands.where import Where, given_or_set, where_options

DEFAULT_PORT = 8440
_V1 = "POSTROOM_V1"
SWITCH_KEY = "PST_V2_ROLLOUT_PERCENT"
SWITCH_ROW = "pst_v2"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=int, default=DEFAULT_PORT, show_default=True, help="0: any free one.")
@click.option(
    "--tokens",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="POSTROOM_TOKENS",
    help="The file of tokens; without it only this machine is served.",
)
@click.option("--max-upload-bytes", type=click.IntRange(min=1), help="The largest PST taken.")
@click.option("--rate", "rate_per_s", type=click.FloatRange(min=0.01), help="Requests a second.")
@click.option("--burst", type=click.IntRange(min=1), help="Requests that may come at once.")
@click.option("--uploads", "uploads_at_once", type=click.IntRange(min=1), help="Bodies at a time.")
@click.option("--idle-s", type=click.FloatRange(min=0.05), help="Seconds a body may stand still.")
@click.option("--source-header", metavar="NAME", help="The header that names the source.")
@click.option("--switch", metavar="URL", help="The switch that /imports follows.")
@click.option("--switch-env", metavar="FILE[#KEY]", help="The same in an env file.")
@click.option("--switch-dsn", metavar="env:NAME[#ROW]", help="The same in PostgreSQL.")
@click.option("--v2-project", "v2_projects", multiple=True, help="A project that v2 gets at once.")
@click.option("--v1-since", metavar="DATE", help="When v1 was deprecated.")
@click.option("--v1-sunset", metavar="DATE", help="When v1 goes.")
@click.option("--worker/--no-worker", "worker", default=True, help="Begin a worker (on SQLite).")
@click.option(
    "--admin-dsn", metavar="env:NAME", help=f"PostgreSQL for /admin.  [default: {ADMIN_DSN}]"
)
@click.option("--json", "as_json", is_flag=True, help="Print where it listens as JSON.")
@where_options
@pipeline_option
def serve(  # noqa: PLR0913  # an option each
    host: str,
    port: int,
    where: Where,
    *,
    worker: bool,
    as_json: bool,
    switch: str | None,
    switch_env: str | None,
    switch_dsn: str | None,
    admin_dsn: str | None,
    **given: object,
) -> int:
    """Serve uploads, processing and messages over HTTP until SIGTERM.

    What it prints first is its address. Its log goes to standard error, a JSON object a line.
    """
    from postroom.api.server import run  # noqa: PLC0415  # a second to import
    from postroom.api.settings import Settings  # noqa: PLC0415  # likewise

    chosen = {name: value for name, value in given.items() if value is not None}
    is_v1_on = os.environ.get(_V1, "on").lower() != "off"
    settings = Settings(
        where=where,
        is_v1_on=is_v1_on,
        switch=_switch(switch, switch_env, switch_dsn),
        admin_dsn=given_or_set(admin_dsn, ADMIN_DSN, "--admin-dsn"),
        has_worker=worker and where.dsn is None and os.environ.get("POSTROOM_PIPELINE") != "aws",
        **chosen,  # type: ignore[arg-type]
    )
    if settings.tokens is None and not _is_loopback(host):
        raise WrongUsage(
            "without tokens only this machine is served",
            where=f"--host {host}",
            why="whoever reaches that address could read all mail",
            remedy="postroom token new --tokens FILE, then postroom serve --tokens FILE",
        )
    run(settings, host, port, lambda url: _say(url, as_json=as_json))
    return Exit.OK


def _switch(url: str | None, env_file: str | None, dsn: str | None) -> str | None:
    """Give the URL of the one switch that was named; raises `WrongUsage` for two."""
    named = [url] if url else []
    if env_file:
        place, _, key = env_file.partition("#")
        named.append(f"env-file:{place}#{key or SWITCH_KEY}")
    if dsn:
        place, _, row = dsn.partition("#")
        named.append(f"postgres:{place}#{row or SWITCH_ROW}")
    if len(named) > 1:
        raise WrongUsage(
            "two switches are named",
            where="--switch, --switch-env, --switch-dsn",
            why="/imports follows one",
            remedy="name one of them",
        )
    return named[0] if named else None


def _say(url: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"url": url})
    else:
        click.echo(f"postroom serves {url}")
    sys.stdout.flush()


def _is_loopback(host: str) -> bool:
    from postroom.api.origin import is_loopback  # noqa: PLC0415  # likewise

    return is_loopback(host)
