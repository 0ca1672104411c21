"""The task extract: the outputs of `pst-extract` under the ingest's place in the object store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from postroom.archive.archive import Archive
from postroom.archive.transaction import Row
from postroom.claim import Claim, no_such_ingest
from postroom.loading.outputs import MANIFEST, read_outputs
from postroom.progress import Progress
from postroom.pst_extract import extract
from postroom.store import FolderStore, Store, store_of_upload
from postroom.tasks.result import TaskResult

_TASKS: Final = frozenset({"tasks"})


def run(
    archive: Archive, store: Store, pst_file_id: str, claim: Claim, progress: Progress
) -> TaskResult:
    """Extract the upload of an ingest; outputs that are there already are made again.

    The program works in a scratch folder. The outputs count from the moment their manifest is in
    its place, which comes last, under the claim. Raises what `postroom.pst_extract.extract` and the
    store raise, and `ClaimHeld` if the claim was lost meanwhile.
    """
    start = time.perf_counter()
    prefix = f"pst-v2/{pst_file_id}"
    upload = _upload(archive, store, claim)
    with store.scratch() as scratch:
        work = scratch / "outputs"
        uploads = store_of_upload(upload["s3_bucket"], store)
        with uploads.local(upload["s3_key"]) as pst:
            found = extract(pst, work, progress, ingest_id=pst_file_id)
        outputs = read_outputs(FolderStore(scratch), "outputs", pst_file_id, upload["sha256"])
        _settle(archive, store, claim, work, prefix)
    elapsed_s = time.perf_counter() - start
    return TaskResult(
        "extract",
        outputs.counts,
        item_errors=found.errors,
        metrics={"elapsed_s": elapsed_s, "emails_per_s": found.emails / elapsed_s},
    )


def _upload(archive: Archive, store: Store, claim: Claim) -> Row:
    """Find the upload; what an earlier attempt made of it goes, but for the logs of tasks.

    That happens under the claim: who lost it must not remove what its next holder made.
    """
    with archive.transaction() as tx:
        row = tx.row(
            "SELECT s3_bucket, s3_key, sha256 FROM pst_files WHERE id = :id", id=claim.pst_file_id
        )
        if row is None:
            raise no_such_ingest(claim.pst_file_id)
        claim.check(tx)
        store.clear(f"pst-v2/{claim.pst_file_id}", first=MANIFEST, keep=_TASKS)
    return row


def _settle(archive: Archive, store: Store, claim: Claim, work: Path, prefix: str) -> None:
    """Put the outputs into their place.

    A holder of an earlier claim could still put the same bytes there, since the same source under
    the same id gives the same outputs; only the claim's holder puts the manifest.
    """
    manifest = (work / MANIFEST).read_bytes()
    (work / MANIFEST).unlink()
    with archive.reading() as tx:
        claim.look(tx)
    store.put_folder(work, prefix, last="errors.ndjson")
    with archive.transaction() as tx:
        claim.check(tx)
        store.put_bytes(f"{prefix}/{MANIFEST}", manifest)
