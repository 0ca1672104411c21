"""Worlds for tests of the pipeline, in each engine, with a queue of their own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postroom.archive import open_archive
from postroom.pipeline.database import PipelineDatabase
from postroom.pipeline.durable import DurableQueue
from postroom.pipeline.worker_rows import WorkerRows
from tests_support import postgres
from tests_support.workers import World


@contextmanager
def template(server: str) -> Iterator[str]:
    """Yield the name of a database that holds an empty queue: to copy it is quick."""
    with postgres.database(server) as dsn:
        database = PipelineDatabase(Path("/nonexistent"), dsn)
        engine = database.engine()
        queue = DurableQueue(engine)
        queue.prepare()
        WorkerRows(database, engine).prepare()
        queue.close()
        engine.dispose()
        yield str(conninfo_to_dict(dsn)["dbname"])


@contextmanager
def world(
    folder: Path, server: str | None = None, archive_dsn: str | None = None, copy_of: str = ""
) -> Iterator[World]:
    """Yield a world in SQLite, or in PostgreSQL where a server is given."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    source_id = f"T{secrets.token_hex(6)}"
    dsn = None
    if server is not None:
        name = f"queue_{secrets.token_hex(6)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(copy_of)))
        dsn = make_conninfo(server, dbname=name)
    made = World(home, source_id, archive_dsn, dsn)
    open_archive(source_id, home=home, dsn=archive_dsn, create=True)
    try:
        yield made
    finally:
        made.end()
