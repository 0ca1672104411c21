"""`postroom worker`: takes ingests off the queue and runs their tasks."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from postroom.claim import ADDRESS, Engine
from postroom.commands.pipeline_options import pipeline_option
from postroom.commands.where import Where, where_options

if TYPE_CHECKING:
    from postroom.pipeline.worker import WorkerSettings


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Told(TypedDict):
    """The options of a worker."""

    executor_id: str | None
    address: str | None
    engine: str
    concurrency: int
    concurrency_v1: int | None
    limit_v1: int | None
    limit_v2: int | None
    attempts: int
    away_attempts: int
    first_wait_s: float
    lease_s: float
    poll_s: float
    sweep_s: float
    grace_s: float


def _count(name: str, default: int | None, words: str) -> Decorator:
    kind = click.IntRange(1, 10_000)
    return click.option(name, type=kind, default=default, show_default=True, help=words)


def _seconds(name: str, default: float, words: str) -> Decorator:
    field = f"{name.removeprefix('--').replace('-', '_')}_s"
    kind = click.FloatRange(0.02)
    return click.option(name, field, type=kind, default=default, show_default=True, help=words)


@click.command()
@click.option(
    "--executor-id",
    default=None,
    help="This worker's own name among all of them.  [default: host, process, chance]",
)
@click.option(
    "--address",
    envvar=ADDRESS,
    default=None,
    help="What names this machine to the others.  [default: its host name]",
)
@click.option(
    "--engine",
    type=click.Choice(["v1", "v2", "both"]),
    default="both",
    show_default=True,
    help="Which queues it works on.",
)
@_count("--concurrency", 2, "Ingests at once, of each engine.")
@_count("--concurrency-v1", None, "The same for v1, if it differs.")
@_count("--limit-v1", None, "Ingests by v1 at once in all workers together.")
@_count("--limit-v2", None, "Ingests by v2 at once in all workers together.")
@_count("--attempts", 5, "How often a task that fails is tried.")
@_count("--away-attempts", 16, "The same where a database or a store is away: 16 are ten minutes.")
@_seconds("--first-wait", 1.0, "Seconds before the second try; each further wait is twice that.")
@_seconds("--lease", 30.0, "Seconds of silence after which a worker counts as dead.")
@_seconds("--poll", 1.0, "Seconds between looks into the queue, and for cancelled ingests.")
@_seconds("--sweep", 5.0, "Seconds between looks for dead workers and for what fell out.")
@_seconds("--grace", 10.0, "Seconds that a task may go on after SIGTERM.")
@where_options
@pipeline_option
def worker(where: Where, pipeline_dsn: str | None, **told: Unpack[Told]) -> int:
    """Take ingests off the queue and run their tasks, until SIGTERM.

    On SQLite there is one worker, on PostgreSQL (--pipeline-dsn) any number, on any number of
    machines. It serves every source; in --source it leaves what is no message. It writes one JSON
    object a line to standard error. Exit 1 if another has its place or its --executor-id.
    """
    from postroom.pipeline.say import JsonLines  # noqa: PLC0415
    from postroom.pipeline.worker import work  # noqa: PLC0415  # DBOS takes its time

    if told["address"]:
        os.environ[ADDRESS] = told["address"]
    return work(_settings(where, pipeline_dsn, told), JsonLines())


def _settings(where: Where, pipeline_dsn: str | None, told: Told) -> WorkerSettings:
    from postroom.pipeline.database import pipeline_database  # noqa: PLC0415  # as above
    from postroom.pipeline.retry import Backoff, Patience  # noqa: PLC0415
    from postroom.pipeline.runner import Rules  # noqa: PLC0415
    from postroom.pipeline.worker import WorkerSettings  # noqa: PLC0415

    host = told["address"] or socket.gethostname()
    patience = Patience(
        again=Backoff(told["attempts"], told["first_wait_s"]),
        away=Backoff(told["away_attempts"], told["first_wait_s"]),
    )
    watch_s = min(told["poll_s"], told["lease_s"] / 6)
    return WorkerSettings(
        place=replace(where, home=where.home.absolute()).place(),
        database=pipeline_database(where.home, pipeline_dsn),
        source_id=where.source_id,
        executor_id=told["executor_id"] or f"{host}-{os.getpid()}-{secrets.token_hex(3)}",
        address=host,
        limits=_limits(told),
        rules=Rules(told["lease_s"], watch_s, patience),
        poll_s=told["poll_s"],
        sweep_s=told["sweep_s"],
        grace_s=told["grace_s"],
    )


def _limits(told: Told) -> dict[Engine, Any]:
    from postroom.pipeline.durable import Limits  # noqa: PLC0415  # as above

    most: dict[Engine, tuple[int, int | None]] = {
        "v1": (told["concurrency_v1"] or told["concurrency"], told["limit_v1"]),
        "v2": (told["concurrency"], told["limit_v2"]),
    }
    return {
        name: Limits(own if of_all is None else min(own, of_all), of_all)
        for name, (own, of_all) in most.items()
        if told["engine"] in (name, "both")
    }
