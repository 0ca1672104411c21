"""A store of two buckets: originals in one, what is made of them in the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from postroom.store.store import Store, Stored

_UPLOAD: Final = "project_"


@dataclass(frozen=True, slots=True)
class TwoBuckets:
    """Keys under `project_…` are those of `uploads`, all others those of `pipeline`."""

    uploads: Store
    pipeline: Store

    @property
    def bucket(self) -> str:
        """The bucket of what is made."""
        return self.pipeline.bucket

    @property
    def url(self) -> str:
        """What finds the bucket of what is made."""
        return self.pipeline.url

    @property
    def at_once(self) -> int:
        """How many requests are worth making at the same time."""
        return self.pipeline.at_once

    def of(self, key: str) -> Store:
        """Give the store of a key."""
        return self.uploads if key.startswith(_UPLOAD) else self.pipeline

    def exists(self, key: str) -> bool:
        """Whether there is an object of that key."""
        return self.of(key).exists(key)

    def size(self, key: str) -> int:
        """Bytes of the object."""
        return self.of(key).size(key)

    def put_file(self, source: Path, key: str) -> Stored:
        """Put the bytes of a file that is somebody else's."""
        return self.of(key).put_file(source, key)

    def take_file(self, source: Path, key: str, sha256: str) -> Stored:
        """Put a file of our own, which is gone afterwards."""
        return self.of(key).take_file(source, key, sha256)

    def put_bytes(self, key: str, content: bytes) -> None:
        """Put a small object."""
        self.of(key).put_bytes(key, content)

    def read_bytes(self, key: str) -> bytes:
        """Read a small object."""
        return self.of(key).read_bytes(key)

    def remove(self, key: str) -> None:
        """Remove an object, if there is one."""
        self.of(key).remove(key)

    def local(self, key: str) -> AbstractContextManager[Path]:
        """Give the whole object as a file."""
        return self.of(key).local(key)

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Read the object piece by piece."""
        return self.of(key).open(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below `prefix/`."""
        return self.of(prefix).keys(prefix)

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield each key below `prefix/` with its bytes."""
        return self.of(prefix).sizes(prefix)

    @property
    def scratch_root(self) -> Path:
        """Where scratch folders are made."""
        return self.pipeline.scratch_root

    def scratch(self) -> AbstractContextManager[Path]:
        """Give an empty folder of our own."""
        return self.pipeline.scratch()

    def put_folder(self, folder: Path, prefix: str, *, last: str) -> None:
        """Put every file of a folder of our own below `prefix`."""
        self.of(prefix).put_folder(folder, prefix, last=last)

    def clear(self, prefix: str, *, first: str, keep: frozenset[str] = frozenset()) -> None:
        """Remove the objects below `prefix`."""
        self.of(prefix).clear(prefix, first=first, keep=keep)
