"""Puts a dump in the place of the schema that serves: it becomes a generation of its own."""

from __future__ import annotations

import os
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from psycopg import sql
from psycopg.conninfo import make_conninfo

from postroom.archive.connection import Connection, connect
from postroom.archive.grants import let_read, open_schema
from postroom.archive.names import quoted, role_name, schema_name
from postroom.archive.placement import Placement
from postroom.archive.postgres import PostgresArchive, make_schema
from postroom.archive.source_registry import (
    REGISTRY,
    compare_and_set,
    known_placement,
    register,
)
from postroom.archive.trouble import told
from postroom.move.capture_postgres import install_capture
from postroom.move.generations import generations
from postroom.move.postgres_programs import run_program
from postroom.move.restore import Restored, check_fits
from postroom.move.return_refusals import NotThere, owned
from postroom.move.returning import withdraw
from postroom.move.snapshot import Snapshot, check_same
from postroom.move.snapshot_postgres import DUMP, RESTORE, fingerprints, restored
from postroom.progress import Progress

# A file that was carried to so far holds what the dump does not: it is no way back any more.
_FILE_IS_OLD: Final = "UPDATE public.source_registry SET carried = carried + 2 WHERE source_id = %s"


# Of a registry that was lost nobody knows how much was carried: no file is its way back.
_NO_FILE: Final = 10**9
_NO_WAY_BACK: Final = "UPDATE public.source_registry SET carried = %s WHERE source_id = %s"


def restore_schema(
    source_id: str,
    dsn: str,
    snapshot: Snapshot,
    *,
    by: str,
    wait_s: float,
    progress: Progress,
    file_epoch: int = 0,
) -> Restored:
    """Restore a dump beside the schema that serves, check it, and let it serve instead.

    Writes pause for that change alone. The way back to the file ends: a new one is made by moving.
    Where the registry was lost its row is brought back too, at an epoch that is later than the
    snapshot's and `file_epoch`, which the source's file knows. Raises `NotThere` if the source does
    not live in PostgreSQL or the snapshot is of another one, `NotProven` if it does not give back
    what it held, `StillWriting` while somebody writes.
    """
    check_fits(snapshot, source_id, "postgres")
    with told(f"source {source_id}"), owned(source_id), closing(connect(dsn, source_id)) as server:
        server.autocommit = True
        before = known_placement(server, source_id)
        _check_serves(snapshot, before)
        here = snapshot.generation if before is None else before.generation
        generation = max((here, *generations(server, source_id))) + 1
        progress("restore", 0, None)
        if before is None:
            with server.transaction():
                server.execute(REGISTRY)
        _bring(server, dsn, snapshot, generation)
        if before is None:
            _serve_anew(server, PostgresArchive(source_id, dsn, generation), snapshot, file_epoch)
        else:
            _serve(server, dsn, source_id, before, generation, wait_s=wait_s)
    kept = "nothing was there" if before is None else schema_name(source_id, before.generation)
    return Restored(source_id, "postgres", snapshot.taken_at, snapshot.rows, kept, by)


def _check_serves(snapshot: Snapshot, before: Placement | None) -> None:
    """Raise `NotThere` unless PostgreSQL serves, or did when the registry was lost."""
    owner = (snapshot.placement or {}).get("owner") if before is None else before.owner
    if owner != "postgres":
        whose = "the snapshot" if before is None else "the registry"
        why = f"{whose} says {owner or 'nothing'}"
        raise NotThere(snapshot.source_id, "PostgreSQL does not serve: it is not restored", why)


def _bring(server: Connection, dsn: str, snapshot: Snapshot, generation: int) -> None:
    """Restore the dump elsewhere, check it, give it its new name, and bring that over."""
    source_id = snapshot.source_id
    old, new = schema_name(source_id, snapshot.generation), schema_name(source_id, generation)
    with restored(server, dsn, source_id, snapshot.path) as elsewhere:
        check_same(str(snapshot.path), snapshot.tables, fingerprints(elsewhere, old))
        with elsewhere.transaction():
            names = sql.Identifier(old), sql.Identifier(new)
            elsewhere.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(*names))
        there = make_conninfo(dsn, dbname=elsewhere.info.dbname)
        with tempfile.TemporaryDirectory(dir=snapshot.path.parent, prefix="restore-") as folder:
            dump = Path(folder) / "renamed.dump"
            os.close(os.open(dump, os.O_CREAT | os.O_RDWR, 0o600))
            named = [f"--schema={quoted(new)}", f"--file={dump}"]
            run_program("pg_dump", there, [*DUMP, *named], elsewhere)
            run_program("pg_restore", dsn, [*RESTORE, str(dump)], server)
    check_same(new, snapshot.tables, fingerprints(server, new))


def _serve_anew(
    server: Connection, archive: PostgresArchive, snapshot: Snapshot, file_epoch: int
) -> None:
    """Let the schema serve by a row of its own, later than whatever the lost one may have said."""
    epoch = max(int((snapshot.placement or {})["epoch"]), file_epoch) + 2
    with server.transaction():
        make_schema(server, archive)
        if not register(
            server, archive.source_id, Placement("postgres", epoch, archive.generation)
        ):
            raise NotThere(archive.source_id, "somebody else registered this source meanwhile", "")
        server.execute(_NO_WAY_BACK, (_NO_FILE, archive.source_id))
        install_capture(server, archive.schema)
        open_schema(server, archive.schema, archive.role)


def _serve(  # what is changed, and by whom
    server: Connection,
    dsn: str,
    source_id: str,
    before: Placement,
    generation: int,
    *,
    wait_s: float,
) -> None:
    archive = PostgresArchive(source_id, dsn, generation)
    with server.transaction():
        make_schema(server, archive)  # what a newer program wants of it
        let_read(server, archive.schema, archive.role)
    returning, _ = withdraw(source_id, dsn, before, wait_s=wait_s)
    after = Placement("postgres", returning.epoch + 1, generation)
    with server.transaction():
        if not compare_and_set(server, source_id, returning, after):
            raise NotThere(source_id, "somebody else moved this source meanwhile", "")
        server.execute(_FILE_IS_OLD, (source_id,))
        install_capture(server, archive.schema)
        open_schema(server, archive.schema, role_name(source_id))
