"""Load against COPY of the same rows, ready, into the same indexed tables of one PostgreSQL."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from row import Row, best_of

from postroom.archive import Archive, open_archive
from postroom.claim import take
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import load

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests_support import postgres
from tests_support.outputs import plausible

MAILS = 60_000
TABLES = ("email_messages", "email_attachments")
# The server as one would run it: our test settings without fsync would flatter both sides.
SETTINGS = {"fsync": "on", "shared_buffers": "512MB", "max_wal_size": "8GB"}
REGISTER = """INSERT INTO pst_files
    (id, project_id, file_name, s3_bucket, s3_key, sha256, created_at)
    VALUES (:id, 'p', 'a.pst', 'local', 'k', :sha256, '2026-11-20T12:00:00Z')"""


@dataclass(frozen=True, slots=True)
class Bench:
    """One set of outputs, and where archives can be made."""

    work: Path
    dsn: str
    ingest_id: str
    store: FolderStore

    def fresh(self, dsn: str | None) -> Archive:
        """Make an empty archive that knows the ingest."""
        name = f"b{uuid4().hex[:12]}"
        archive = open_archive(name, home=self.work, dsn=dsn)
        with archive.transaction() as tx:
            tx.change(REGISTER, id=self.ingest_id, sha256="0" * 64)
        return archive

    def load(self, archive: Archive) -> None:
        """Load the outputs, under a claim."""
        claim = take(archive, self.ingest_id, "v2")
        load.run(archive, self.store, self.ingest_id, claim, silent)

    def copy(self, archive: Archive, ready: list[Path]) -> None:
        """COPY the rows of ready CSV files, in one transaction."""
        with archive.transaction() as tx:
            for table, path in zip(TABLES, ready, strict=True):
                command = f"COPY {table} FROM STDIN (FORMAT csv)"
                with path.open("rb") as file, tx.connection.cursor().copy(command) as copy:
                    while piece := file.read(1 << 18):
                        copy.write(piece)


def rows(scale: float) -> list[Row]:
    """Measure a mail-heavy load into PostgreSQL; SQLite beside it, without a bound."""
    work = Path(tempfile.mkdtemp(prefix="bench-load-"))
    try:
        with postgres.server(SETTINGS) as server, postgres.database(server) as dsn:
            return _measured(work, dsn, max(1000, int(MAILS * scale)))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _measured(work: Path, dsn: str, mails: int) -> list[Row]:
    ingest_id, store = str(uuid4()), FolderStore(work / "store")
    plausible(ingest_id, mails, objects_shared_by=100).write(store.path_for(f"pst-v2/{ingest_id}"))
    bench = Bench(work, dsn, ingest_id, store)
    ready = _ready(bench)
    ours = _timed(bench, dsn, bench.load)
    theirs = _timed(bench, dsn, lambda archive: bench.copy(archive, ready))
    claim = f"load, {mails:,} mails"
    return [Row(claim, "COPY of the same rows, ready, into the indexed tables", ours, theirs, 2.3)]


def _timed(bench: Bench, dsn: str | None, work: Callable[[Archive], None]) -> float:
    """Time `work` on archives that were made before, the best of three."""
    archives = [bench.fresh(dsn) for _ in range(3)]
    return best_of(3, lambda: work(archives.pop()))


def _ready(bench: Bench) -> list[Path]:
    """Write the rows as CSV that COPY takes as it is."""
    archive = bench.fresh(bench.dsn)
    bench.load(archive)
    paths = [bench.work / f"{table}.csv" for table in TABLES]
    with archive.transaction() as tx:
        connection: psycopg.Connection = tx.connection
        for table, path in zip(TABLES, paths, strict=True):
            command = f"COPY {table} TO STDOUT (FORMAT csv)"
            with path.open("wb") as file, connection.cursor().copy(command) as copy:
                for piece in copy:
                    file.write(piece)
    return paths
