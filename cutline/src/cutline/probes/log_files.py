"""A log and its rotated generations, plain or compressed with gzip."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cutline.probes.answer import NoReading

_ROTATED = re.compile(r"[.-]\d[\w.-]*")
_GZ = ".gz"


@dataclass(frozen=True, slots=True)
class Generation:
    """One file of a log; `is_live` is the one that is written now."""

    path: Path
    inode: int
    size_bytes: int
    changed_s: float
    is_live: bool

    @property
    def is_gz(self) -> bool:
        """Say whether it is compressed."""
        return self.path.suffix == _GZ

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open its content; raises `NoReading` for a damaged archive."""
        try:
            if self.is_gz:
                with gzip.open(self.path, "rb") as file:
                    yield file  # type: ignore[misc]  # it reads, seeks and tells bytes as a file does
            else:
                with self.path.open("rb") as file:
                    yield file
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise NoReading(f"{self.path.name} is damaged", why=str(error)) from error


def generations(path: Path) -> list[Generation]:
    """Return the files of a log, the oldest first and the live one last; it may be missing.

    A rotated file is named `app.log.1`, `app.log-20260221` or the like, with or without `.gz`;
    of one that is just being compressed only the original counts. Raises `NoReading` for none.
    """
    siblings = {one.name: one for one in path.parent.glob(f"{_escaped(path.name)}[.-]*")}
    named = [
        one
        for name, one in siblings.items()
        if _ROTATED.fullmatch(name[len(path.name) :])
        and not (name.endswith(_GZ) and name.removesuffix(_GZ) in siblings)
    ]
    found = [one for one in (_generation(p, is_live=False) for p in named) if one is not None]
    found.sort(key=lambda one: (one.changed_s, one.path.name))
    live = _generation(path, is_live=True)
    if live is None and not found:
        raise NoReading(f"there is no log {path.name}")
    return [*found, live] if live is not None else found


def _generation(path: Path, *, is_live: bool) -> Generation | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return Generation(path, stat.st_ino, stat.st_size, stat.st_mtime, is_live)


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
