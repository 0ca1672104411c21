"""A snapshot of a store, proven by restoring it elsewhere: step 1 of a move.

What was taken and what was restored from it are compared by a fingerprint of every table. A
snapshot that could not be proven is none, and its file does not get its final name.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cutline.errors import CannotMeasure, CannotWrite
from postroom.archive.names import file_name
from postroom.archive.transaction import Backend

_READ_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How many rows a table has, and a digest of them all."""

    rows: int
    digest: str


Fingerprints = dict[str, Fingerprint]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A proven snapshot of one store; it lies in `path`, its description beside it as JSON.

    `placement` is the row of the registry as it was, None for a source without one.
    """

    source_id: str
    store: Backend
    path: Path
    sha256: str
    size_bytes: int
    taken_at: str
    tables: Fingerprints
    generation: int = 0
    placement: dict[str, Any] | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows it has in all."""
        return sum(table.rows for table in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return {**asdict(self), "path": str(self.path), "proven": True}


class NotProven(CannotMeasure):
    """A snapshot that could not be taken, or did not give back what it was taken of."""

    code = "not-proven"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            "this snapshot is not proven, and so is none",
            where=where,
            why=why,
            remedy="postroom source snapshot SOURCE takes another one",
        )


def check_same(where: str, taken: Fingerprints, restored: Fingerprints) -> None:
    """Raise `NotProven`, which names the tables, unless both have the same in every table."""
    names = sorted(taken.keys() | restored.keys())
    if other := [name for name in names if taken.get(name) != restored.get(name)]:
        raise NotProven(where, f"restored, it differs in {', '.join(other)}")


def snapshot_path(folder: Path, source_id: str, store: Backend) -> Path:
    """Choose where a snapshot of now lies, and make its folder, for its owner alone."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = file_name(source_id).removesuffix(".sqlite")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _not_written(folder, error) from error
    return folder / f"{name}-{stamp}.{'sqlite' if store == 'sqlite' else 'dump'}"


@contextmanager
def under_another_name(path: Path) -> Iterator[Path]:
    """Yield where to write what becomes `path` at the end, or nothing if that is not reached."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        # Privileged mail: readable for its owner alone from the first byte on.
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            Path(f"{partial}{end}").unlink(missing_ok=True)


def describe(snapshot: Snapshot) -> None:
    """Write the description of a snapshot beside it: `restore` reads it."""
    path = snapshot.path.with_name(f"{snapshot.path.name}.json")
    with under_another_name(path) as partial:
        partial.write_text(f"{json.dumps(snapshot.as_json(), indent=2)}\n", encoding="utf-8")


def read_snapshot(path: Path) -> Snapshot:
    """Read the description of the snapshot at `path`, and check that it is that file.

    Raises `NotProven` for a snapshot without its description, and for a file that is not, or no
    longer, what was described.
    """
    described = path.with_name(f"{path.name}.json")
    try:
        found = json.loads(described.read_text(encoding="utf-8"))
        found.pop("proven")
        tables = {name: Fingerprint(**table) for name, table in found.pop("tables").items()}
        snapshot = Snapshot(**{**found, "path": path, "tables": tables})
    except (OSError, ValueError, TypeError, KeyError) as error:
        why = f"its description {described.name} cannot be read: {type(error).__name__}"
        raise NotProven(str(path), why) from error
    if sha256_of(path) != snapshot.sha256:
        raise NotProven(str(path), "the file is not the one that its description tells of")
    return snapshot


def sha256_of(path: Path) -> str:
    """Digest a file."""
    made = hashlib.sha256()
    try:
        with path.open("rb") as content:
            while block := content.read(_READ_AT_ONCE):
                made.update(block)
    except OSError as error:
        raise NotProven(str(path), error.strerror or str(error)) from error
    return made.hexdigest()


def _not_written(path: Path, error: OSError) -> CannotWrite:
    return CannotWrite(
        "the snapshot cannot be written",
        where=str(path),
        why=error.strerror or str(error),
        remedy="choose another place with --to",
    )
