"""v2 (extract and load) beside v1 (pypff, row by row), of the same file into one PostgreSQL.

The tasks text and thread are the same code for both and are left out on both sides.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

from extract import synth
from row import Row, best_of

from postroom.archive import open_archive
from postroom.claim import Engine
from postroom.ingest import register, run_task
from postroom.progress import silent
from postroom.store import FolderStore

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests_support import postgres

# The server as one would run it: our test settings without fsync would flatter both sides.
SETTINGS = {"fsync": "on", "shared_buffers": "512MB", "max_wal_size": "8GB"}
READING: dict[Engine, tuple[str, ...]] = {"v1": ("v1",), "v2": ("extract", "load")}
MAILS = 20_000
ATTACHMENT_BYTES = 400_000_000


def seconds(path: Path, engine: Engine, work: Path, dsn: str, times: int) -> float:
    """Return the seconds in which an engine reads a file and writes its rows and objects."""
    archive = open_archive(f"b{uuid4().hex[:12]}", home=work, dsn=dsn)
    store = FolderStore(work / "store")
    ids = [register(path, engine, archive, store, "bench", None) for _ in range(times)]

    def read() -> None:
        pst_file_id = ids.pop()
        for name in READING[engine]:
            run_task(archive, store, pst_file_id, name, silent)

    return best_of(times, read)


def compared(claim: str, path: Path, work: Path, dsn: str, at_least: float) -> Row:
    """Measure both engines on one file."""
    ours = seconds(path, "v2", work, dsn, 3)
    theirs = seconds(path, "v1", work, dsn, 1)
    return Row(claim, "v1 ingest", ours, theirs, at_least=at_least)


def rows(scale: float) -> list[Row]:
    """Return the rows of the ingest; `scale` 1.0 is 20,000 mails and 400 MB of attachments."""
    mails, size = int(MAILS * scale), int(ATTACHMENT_BYTES * scale)
    folder = synth("big-folder", f"folder-{mails}", "--mails", str(mails))
    heavy = synth("large", f"attachments-{size}", "--size", str(size))
    work = Path(tempfile.mkdtemp(prefix="bench-ingest-"))
    try:
        with postgres.server(SETTINGS) as server, postgres.database(server) as dsn:
            return [
                compared(f"ingest, {mails:,} mails", folder, work, dsn, 20.0),
                compared(f"ingest, {size / 1e6:.0f} MB, mostly attachments", heavy, work, dsn, 5.0),
            ]
    finally:
        shutil.rmtree(work, ignore_errors=True)
