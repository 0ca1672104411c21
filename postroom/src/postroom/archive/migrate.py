"""Brings an archive's tables to the version that this program knows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from postroom.archive.transaction import Backend
from postroom.errors import NotReadable


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered SQL file of one engine."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """The digest that is recorded with it: a migration that was applied is never edited."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(backend: Backend) -> list[Migration]:
    """Every migration of an engine, in order; their numbers run from 1 without a gap."""
    folder = resources.files("postroom.archive.migrations").joinpath(backend)
    files = [path for path in folder.iterdir() if re.match(r"\d{4}_\w+\.sql$", path.name)]
    found = [Migration(int(p.name[:4]), p.name[5:-4], p.read_text(encoding="utf-8")) for p in files]
    found.sort(key=lambda migration: migration.number)
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise AssertionError(f"the migrations of {backend} have a gap")
    return found


def pending(known: list[Migration], applied: dict[int, str], source_id: str) -> list[Migration]:
    """Pick those of `known` that `applied` (number to digest) lacks.

    Raises `NotReadable` if the archive was made by a newer program or by a migration that has since
    been edited.
    """
    digests = {m.number: m.sha256 for m in known}
    for number, sha256 in applied.items():
        if digests.get(number) != sha256:
            raise NotReadable(
                "this archive does not fit this version of postroom",
                where=f"source {source_id}, migration {number:04}",
                why="the program does not know it" if number not in digests else "it was edited",
                remedy="use the version of postroom that wrote the archive, or a newer one",
            )
    return [m for m in known if m.number not in applied]


def migrate(
    known: list[Migration],
    applied: dict[int, str],
    source_id: str,
    apply: Callable[[Migration], None],
) -> int:
    """Apply what is pending, in order; hand back how many that were."""
    todo = pending(known, applied, source_id)
    for migration in todo:
        apply(migration)
    return len(todo)
