"""The shadow set: the files that v1 and v2 both ingest before anything is cut over.

What is done is read from the archive, so a run that was stopped goes on where it was: a file whose
bytes already have a completed ingest of an engine is not ingested by that engine again.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CLASSES = ("small", "medium", "large", "unicode", "deep")
"""The classes of a whole set (seed 000, step 1); each is a profile of `pst-synth`."""

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ShadowFile:
    """A PST of the set; `kind` is one of `CLASSES`, or None for a file judged by itself."""

    path: Path
    kind: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Both ingests of one file."""

    file: ShadowFile
    baseline: str
    candidate: str


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as lower-case hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def is_whole_set(files: list[ShadowFile]) -> bool:
    """Say whether every class is there, so that the set gets one verdict with coverage."""
    return {file.kind for file in files} >= set(CLASSES)


def write_pairs(pairs: list[Pair], path: Path) -> None:
    """Write `pairs.csv` as `cutline parity --pairs` reads it."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["baseline", "candidate", "class"])
        writer.writerows([pair.baseline, pair.candidate, pair.file.kind or ""] for pair in pairs)


def distinct(files: list[ShadowFile]) -> Iterator[ShadowFile]:
    """Yield each path once, in the order given."""
    seen: set[Path] = set()
    for file in files:
        resolved = file.path.resolve()
        if resolved not in seen:
            seen.add(resolved)
            yield file
