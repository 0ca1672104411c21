"""The task extract: the outputs of `pst-extract` under the ingest's place in the object store."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from postroom.archive.archive import Archive
from postroom.claim import Claim, no_such_ingest
from postroom.errors import DiskRefused
from postroom.loading.outputs import read_outputs
from postroom.progress import Progress
from postroom.pst_extract import extract
from postroom.store import FolderStore
from postroom.tasks.result import TaskResult

MANIFEST = "manifest.json"


def run(
    archive: Archive, store: FolderStore, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Extract the upload of an ingest; outputs that are there already are made again.

    The outputs count from the moment their manifest is in its place, which comes last. Raises what
    `postroom.pst_extract.extract` raises, and `ClaimHeld` if the claim was lost meanwhile.
    """
    start = time.perf_counter()
    with archive.reading() as tx:
        claim.look(tx)
        row = tx.row("SELECT s3_key, sha256 FROM pst_files WHERE id = :id", id=pst_file_id)
    if row is None:
        raise no_such_ingest(pst_file_id)
    final = store.path_for(f"pst-v2/{pst_file_id}")
    work = final.with_name(f"{final.name}.attempt-{claim.epoch}")
    _clear(final)
    try:
        found = extract(store.path_for(row["s3_key"]), work, progress, ingest_id=pst_file_id)
        outputs = read_outputs(work, pst_file_id, row["sha256"])
        with archive.transaction() as tx:
            claim.check(tx)
            _move(work, final)
    finally:
        _clear_attempts(final)
    elapsed_s = time.perf_counter() - start
    return TaskResult(
        "extract",
        outputs.counts,
        item_errors=found.errors,
        metrics={"elapsed_s": elapsed_s, "emails_per_s": found.emails / elapsed_s},
    )


def _clear(final: Path) -> None:
    """Remove what an earlier attempt left, its manifest first; the logs of tasks stay."""
    _clear_attempts(final)
    try:
        final.mkdir(parents=True, exist_ok=True)
        (final / MANIFEST).unlink(missing_ok=True)
        for path in final.iterdir():
            if path.name != "tasks":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    except OSError as error:
        raise _refused(final, error) from error


def _clear_attempts(final: Path) -> None:
    for path in final.parent.glob(f"{final.name}.attempt-*"):
        shutil.rmtree(path, ignore_errors=True)


def _move(work: Path, final: Path) -> None:
    try:
        names = sorted(path.name for path in work.iterdir() if path.name != MANIFEST)
        for name in (*names, MANIFEST):
            (work / name).rename(final / name)
    except OSError as error:
        raise _refused(final, error) from error


def _refused(final: Path, error: OSError) -> DiskRefused:
    return DiskRefused(
        "the outputs cannot be put into the object store",
        where=str(final),
        why=error.strerror or str(error),
        remedy="make room, then: postroom task extract --ingest ID",
    )
