"""What every object store promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

LOCAL: Final = "local"
"""The bucket of every store in a folder."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was put under a key."""

    key: str
    size_bytes: int
    sha256: str


class Store(Protocol):
    """Objects under keys; a key has either a whole object or none, whoever is killed when.

    Every method raises `WrongUsage` for what is no key (`postroom.store.keys`), `StoreAway` where
    the store does not answer or refuses us; those that read raise `NoSuchObject` where there is no
    object, those that write `DiskRefused` or `NotStored` where they cannot. Safe to use from many
    threads at once.
    """

    @property
    def bucket(self) -> str:
        """What `s3_bucket` is in the archive: `local` for a folder."""
        ...

    @property
    def url(self) -> str:
        """What `--store` takes to find it again."""
        ...

    @property
    def at_once(self) -> int:
        """How many requests at a time are faster than one: 1 where the store is on this machine."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is an object of that key."""
        ...

    def size(self, key: str) -> int:
        """Bytes of the object."""
        ...

    def put_file(self, source: Path, key: str) -> Stored:
        """Put the bytes of a file that is somebody else's; the digest is of what was stored.

        The file is only read. Raises `NotReadable` if it cannot be.
        """
        ...

    def take_file(self, source: Path, key: str, sha256: str) -> Stored:
        """Put a file of our own, which is gone afterwards: moved, where the file system can.

        `sha256` is what the caller wrote; nothing is hashed again. Nor is anything forced to the
        disk: who needs that does it before.
        """
        ...

    def put_bytes(self, key: str, content: bytes) -> None:
        """Put a small object; one that is there already is replaced."""
        ...

    def read_bytes(self, key: str) -> bytes:
        """Read a small object."""
        ...

    def local(self, key: str) -> AbstractContextManager[Path]:
        """Give the whole object as a file, only to be read, for the length of a block."""
        ...

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Read the object piece by piece, from its beginning to its end."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below `prefix/` (all of them for ""), in no order."""
        ...

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield each key below `prefix/` with the bytes of its object, in no order."""
        ...

    @property
    def scratch_root(self) -> Path:
        """Where scratch folders are made."""
        ...

    def scratch(self) -> AbstractContextManager[Path]:
        """Give an empty folder of our own for the length of a block.

        From it `take_file` and `put_folder` move rather than copy, where that can be. What a killed
        process left in its own goes with the next that is asked for.
        """
        ...

    def put_folder(self, folder: Path, prefix: str, *, last: str) -> None:
        """Put every file of a folder of our own below `prefix`, the file `last` after all others.

        The folder may be empty afterwards. If it fails, `last` was not put.
        """
        ...

    def remove(self, key: str) -> None:
        """Remove an object; nothing happens where there is none."""
        ...

    def clear(self, prefix: str, *, first: str, keep: frozenset[str] = frozenset()) -> None:
        """Remove the objects below `prefix`, `first` before all others.

        What lies in the folders named in `keep` stays.
        """
        ...
