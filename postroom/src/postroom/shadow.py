"""The shadow run: files that v1 and v2 both ingest before anything is cut over.

What is done is read from the archive, so a run that was stopped goes on where it was: a file whose
bytes already have a completed ingest of an engine is not ingested by that engine again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cutline.errors import Problem
from cutline.parity import Options, Pair, PairResult, SetReport, Side, find, judge_pairs
from postroom.archive.archive import Archive
from postroom.claim import Engine
from postroom.ingest import Ingest, process, read_ingest, read_ingests, register
from postroom.progress import Progress
from postroom.store import Store

SUITE: Final = "postroom.pst"
ENGINES: Final[tuple[Engine, Engine]] = ("v1", "v2")
PROJECT: Final = "shadow"


@dataclass(frozen=True, slots=True)
class ShadowFile:
    """A PST of the set; `kind` is a class of the set, or empty for a file judged by itself."""

    path: Path
    kind: str = ""

    @property
    def name(self) -> str:
        """Return the class, or the name of a file that has none."""
        return self.kind or self.path.name


@dataclass(frozen=True, slots=True)
class Shadowed:
    """Both ingests of one file; a failed one says why in its `error_message`."""

    file: ShadowFile
    v1: Ingest
    v2: Ingest


@dataclass(frozen=True, slots=True)
class ShadowRun:
    """Every file with its ingests, and the report over their pairs, in the same order."""

    files: tuple[Shadowed, ...]
    report: SetReport

    def results(self) -> list[tuple[Shadowed, PairResult]]:
        """Return each file beside what was found about its pair."""
        return list(zip(self.files, self.report.pairs, strict=True))


def shadow(
    files: Sequence[ShadowFile],
    archive: Archive,
    store: Store,
    options: Options,
    progress: Progress,
) -> ShadowRun:
    """Ingest every file by both engines and judge every pair, the objects too.

    With a class on any file the set needs every class and every gate exercised; without, each pair
    is judged by itself and the worst one is the verdict.
    """
    done = [_both(file, archive, store, progress) for file in files]
    dsn = archive.dsn_for_parity()
    params = {"source": archive.source_id}
    pairs = [
        Pair(Side(dsn, both.v1.id, params), Side(dsn, both.v2.id, params), both.file.name)
        for both in done
    ]
    judged = replace(options, objects=True, store=store.url)
    report = judge_pairs(find(SUITE), pairs, judged, lambda n, total: progress("parity", n, total))
    if not any(file.kind for file in files):
        report = replace(report, missing_classes=(), never_exercised=())
    return ShadowRun(tuple(done), report)


def ingested(
    path: Path,
    digest: str,
    engine: Engine,
    archive: Archive,
    store: Store,
    progress: Progress,
) -> Ingest:
    """Return the ingest of a file's bytes by `engine`, running or finishing it where need be.

    `digest` is the SHA-256 of the file. An ingest that fails is returned as such: the gates judge
    it.
    """
    known = [row for row in read_ingests(archive) if row.sha256 == digest and row.engine == engine]
    completed = [row for row in known if row.processing_status == "completed"]
    if completed:
        return completed[-1]
    pst_file_id = known[-1].id if known else register(path, engine, archive, store, PROJECT, None)
    try:
        return process(archive, store, pst_file_id, engine, progress)
    except Problem:
        ended = read_ingest(archive, pst_file_id)
        if ended.processing_status != "failed":
            raise
        return ended


def seconds_of(ingest: Ingest) -> float | None:
    """Return how long an ingest took, None if it never ended."""
    if ingest.processing_started_at is None or ingest.processing_completed_at is None:
        return None
    begin, end = (
        datetime.fromisoformat(moment)
        for moment in (ingest.processing_started_at, ingest.processing_completed_at)
    )
    return (end - begin).total_seconds()


def _both(file: ShadowFile, archive: Archive, store: Store, progress: Progress) -> Shadowed:
    def told(engine: Engine) -> Progress:
        def tell(phase: str, done: int, total: int | None) -> None:
            progress(f"{file.path.name} {engine} {phase}", done, total)

        return tell

    digest = _sha256(file.path)
    v1, v2 = (
        ingested(file.path, digest, engine, archive, store, told(engine)) for engine in ENGINES
    )
    return Shadowed(file, v1, v2)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
