"""A snapshot of a schema of PostgreSQL, taken while others write there."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from postroom.archive.connection import Connection, connect
from postroom.archive.names import quoted, schema_name
from postroom.archive.placement import Placement
from postroom.archive.source_registry import REGISTRY
from postroom.archive.trouble import told
from postroom.moment import now_text
from postroom.move.postgres_programs import run_program
from postroom.move.return_refusals import owned
from postroom.move.snapshot import (
    Fingerprint,
    Fingerprints,
    Snapshot,
    check_same,
    describe,
    sha256_of,
    snapshot_path,
    under_another_name,
)
from postroom.progress import Progress

DUMP: Final = ("--format=custom", "--compress=1", "--no-owner", "--no-acl")
"""How a schema is dumped: rights and owners belong to the server, `source bootstrap` makes them."""

RESTORE: Final = ("--no-owner", "--no-acl", "--single-transaction")
"""How a dump is restored: whole or not at all."""

_TABLES: Final = """SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n
    ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY 1"""
# Sums of digests know no order; numeric does not overflow.
_FINGERPRINT: Final = """SELECT count(*) AS rows, coalesce(sum(hashtextextended(t::text, 1)), 0)
    || ':' || coalesce(sum(hashtextextended(t::text, 2)), 0) AS digest FROM {} t"""
_SPELLING: Final = ("timezone = 'UTC'", "datestyle = 'ISO'", "extra_float_digits = 3")


def snapshot_schema(
    source_id: str, dsn: str, placement: Placement, folder: Path, progress: Progress
) -> Snapshot:
    """Dump the schema that `placement` names, with its row of the registry, and prove the dump.

    The dump and the fingerprints that it is held to are of one moment: writers go on. It is proven
    in a database of its own on the same server. Raises `NotProven`, `NotReadable` if a program or a
    right is missing, `Away`.
    """
    path, start = snapshot_path(folder, source_id, "postgres"), time.perf_counter()
    schema = schema_name(source_id, placement.generation)
    with told(f"source {source_id}"), owned(source_id), closing(connect(dsn, source_id)) as server:
        with under_another_name(path) as partial:
            taken, row = _dumped(server, dsn, source_id, schema, partial, progress)
            dumped_s = time.perf_counter() - start
            progress("prove the dump", 0, None)
            with restored(server, dsn, source_id, partial) as elsewhere:
                check_same(str(path), taken, fingerprints(elsewhere, schema))
        snapshot = Snapshot(
            source_id,
            "postgres",
            path,
            sha256_of(path),
            path.stat().st_size,
            now_text(),
            taken,
            placement.generation,
            row,
            {"taken": dumped_s, "proven": time.perf_counter() - start - dumped_s},
        )
    describe(snapshot)
    return snapshot


def _dumped(  # what a dump is of
    server: Connection, dsn: str, source_id: str, schema: str, path: Path, progress: Progress
) -> tuple[Fingerprints, dict[str, Any]]:
    server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with server.transaction():
        (held,) = server.execute("SELECT pg_export_snapshot() AS id").fetchall()
        query = "SELECT to_jsonb(r) AS row FROM public.source_registry r WHERE source_id = %s"
        (found,) = server.execute(query, (source_id,)).fetchall()
        progress("dump", 0, None)
        named = [f"--snapshot={held['id']}", f"--schema={quoted(schema)}", f"--file={path}"]
        run_program("pg_dump", dsn, [*DUMP, *named], server)
        return fingerprints(server, schema), found["row"]


@contextmanager
def restored(server: Connection, dsn: str, source_id: str, dump: Path) -> Iterator[Connection]:
    """Restore a dump into a database of its own, which is gone at the end."""
    name = f"postroom_proof_{secrets.token_hex(6)}"
    server.autocommit = True
    # As few as possible: the templates may be in use, and the proof is dropped again.
    server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        there = make_conninfo(dsn, dbname=name)
        with closing(connect(there, source_id)) as elsewhere:
            with elsewhere.transaction():
                elsewhere.execute(REGISTRY)
            run_program("pg_restore", there, [*RESTORE, str(dump)], elsewhere)
            yield elsewhere
    finally:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def fingerprints(server: Connection, schema: str) -> Fingerprints:
    """Take the fingerprint of every table of `schema`, in a transaction."""
    with server.transaction():
        for setting in _SPELLING:
            server.execute(f"SET LOCAL {setting}".encode())
        names = [row["name"] for row in server.execute(_TABLES, (schema,)).fetchall()]
        return {name: _fingerprint(server, schema, name) for name in names}


def _fingerprint(server: Connection, schema: str, name: str) -> Fingerprint:
    query = sql.SQL(_FINGERPRINT).format(sql.Identifier(schema, name))
    (row,) = server.execute(query).fetchall()
    return Fingerprint(row["rows"], row["digest"])
