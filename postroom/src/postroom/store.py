"""The object store: a folder of files under keys.

A store holds uploads and outputs; the archive names what is in it by `s3_bucket` and `s3_key`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cutline.errors import WrongUsage
from postroom.errors import DiskRefused, NotReadable

_PIECE_BYTES: Final = 1 << 20
# FICLONE of linux/fs.h: share the blocks of another file, copied only when one of the two is
# written.
_FICLONE: Final = 0x40049409


@dataclass(frozen=True, slots=True)
class Stored:
    """What was put under a key."""

    key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Objects are files below `root`; a key is a relative path with `/`."""

    root: Path
    bucket: str = "local"

    def path_for(self, key: str) -> Path:
        """Give the file of `key`; raises `WrongUsage` for a key that would leave the store."""
        parts = key.split("/")
        if "\0" in key or "\\" in key or any(part in ("", ".", "..") for part in parts):
            raise WrongUsage(
                "this key would leave the object store",
                where=repr(key),
                why="a key is a relative path without empty, . or .. parts",
                remedy="use the keys that the archive's s3_key holds",
            )
        path = self.root.joinpath(*parts)
        if not path.parent.resolve().is_relative_to(self.root.resolve()):
            raise WrongUsage(
                "this key would leave the object store",
                where=repr(key),
                why="a symbolic link inside the store leads out of it",
                remedy="remove the link",
            )
        return path

    def exists(self, key: str) -> bool:
        """Whether there is an object of that key."""
        return self.path_for(key).is_file()

    def size(self, key: str) -> int:
        """Bytes of the object; raises `NotReadable` if there is none."""
        try:
            return self.path_for(key).stat().st_size
        except OSError as error:
            raise NotReadable(
                "there is no such object",
                where=key,
                why=error.strerror or str(error),
                remedy="postroom status ID says what became of its ingest",
            ) from error

    def put_file(self, source: Path, key: str) -> Stored:
        """Put a file under `key`: the same bytes, read-only.

        It is never a link to a file that its owner may still edit: blocks are shared where the file
        system can, else copied. The digest is of the bytes that the store holds. The key has either
        the whole object or none; an object that is already there is replaced in one step.
        """
        target = self.path_for(key)
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as bytes_in, partial.open("xb") as bytes_out:
                size_bytes, sha256 = _clone_or_copy(bytes_in, bytes_out)
                os.fsync(bytes_out.fileno())
                os.fchmod(bytes_out.fileno(), 0o400)
            partial.replace(target)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise _not_stored(source, target, error) from error
        return Stored(key, size_bytes, sha256)


def _clone_or_copy(source: BinaryIO, target: BinaryIO) -> tuple[int, str]:
    if _clone(source, target):
        return _digest(target.name)
    digest = hashlib.sha256()
    while piece := source.read(_PIECE_BYTES):
        digest.update(piece)
        target.write(piece)
    target.flush()
    return target.tell(), digest.hexdigest()


def _clone(source: BinaryIO, target: BinaryIO) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl  # noqa: PLC0415  # exists on Unix alone

    try:
        fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EIO):
            raise
        return False  # another file system, or one that cannot share blocks
    return True


def _digest(path: str) -> tuple[int, str]:
    with Path(path).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), sha256


def _not_stored(source: Path, target: Path, error: OSError) -> NotReadable | DiskRefused:
    why = error.strerror or str(error)
    if error.filename == str(source):
        return NotReadable(
            "the file cannot be read",
            where=str(source),
            why=why,
            remedy="check the path and its permissions",
        )
    return DiskRefused(
        "the file cannot be put into the object store",
        where=str(target),
        why=why,
        remedy="make room or choose another place with --home; then run the command again",
    )
