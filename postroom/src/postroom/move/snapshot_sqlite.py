"""A snapshot of a SQLite file, taken while others write to it."""

from __future__ import annotations

import hashlib
import marshal
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from postroom.archive.names import quoted
from postroom.archive.sqlite import SqliteArchive
from postroom.archive.trouble import told
from postroom.moment import now_text
from postroom.move.snapshot import (
    Fingerprint,
    Fingerprints,
    NotProven,
    Snapshot,
    check_same,
    describe,
    sha256_of,
    snapshot_path,
    under_another_name,
)
from postroom.progress import Progress

_TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
_TOLD_EVERY: Final = 20_000
# The form of `marshal` in which equal values have equal bytes.
_PLAIN: Final = 2


def snapshot_file(
    archive: SqliteArchive,
    folder: Path,
    progress: Progress,
    placement: dict[str, Any] | None = None,
) -> Snapshot:
    """Copy the file in one step, check the copy, and restore it elsewhere to prove it.

    The copy and the fingerprints that it is held to are of one moment: writers go on. Raises
    `NotProven`, `CannotWrite` for a full disk, and `NotReadable` for a file that cannot be read.
    """
    path, start = snapshot_path(folder, archive.source_id, "sqlite"), time.perf_counter()
    with told(f"source {archive.source_id}: {archive.path}"), under_another_name(path) as partial:
        with closing(archive.connect()) as file:
            taken = _copied(file, partial, progress)
        copied_s = time.perf_counter() - start
        _check(partial)
        check_same(str(path), taken, _restored(partial, progress))
    snapshot = Snapshot(
        archive.source_id,
        "sqlite",
        path,
        sha256_of(path),
        path.stat().st_size,
        now_text(),
        taken,
        placement=placement,
        seconds={"taken": copied_s, "proven": time.perf_counter() - start - copied_s},
    )
    describe(snapshot)
    return snapshot


def _copied(file: sqlite3.Connection, path: Path, progress: Progress) -> Fingerprints:
    file.execute("BEGIN")
    tables = fingerprints(file, progress)
    with closing(sqlite3.connect(path)) as copy:
        # Page by page it would begin anew at each write of somebody else, for ever.
        file.backup(copy, pages=-1)
        # A file of its own, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
    file.execute("ROLLBACK")
    return tables


def _check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as copy:
        found = [row[0] for row in copy.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        raise NotProven(str(path), f"its integrity check says: {'; '.join(found)}")


def _restored(path: Path, progress: Progress) -> Fingerprints:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="proof-") as folder:
        elsewhere = Path(shutil.copyfile(path, Path(folder) / "restored.sqlite"))
        with closing(sqlite3.connect(elsewhere)) as restored:
            return fingerprints(restored, progress)


def fingerprints(file: sqlite3.Connection, progress: Progress) -> Fingerprints:
    """Take the fingerprint of every table, in the caller's transaction."""
    names = [row[0] for row in file.execute(_TABLES).fetchall()]
    return {name: _fingerprint(file, name, progress) for name in names if _has_rows(file, name)}


def _has_rows(file: sqlite3.Connection, name: str) -> bool:
    # A virtual table is what its own tables hold.
    made = file.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    return made[0] is None or not made[0].upper().startswith("CREATE VIRTUAL")


def _fingerprint(file: sqlite3.Connection, name: str, progress: Progress) -> Fingerprint:
    digest, n = hashlib.sha256(), 0
    # In the order of the file, which a copy of its pages keeps.
    for n, row in enumerate(file.execute(f"SELECT * FROM {quoted(name)}"), start=1):  # noqa: S608
        digest.update(marshal.dumps(tuple(row), _PLAIN))
        if n % _TOLD_EVERY == 0:
            progress(f"read {name}", n, None)
    return Fingerprint(n, digest.hexdigest())
