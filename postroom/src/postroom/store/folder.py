"""The object store in a folder: each object a file."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cutline.errors import WrongUsage
from postroom.errors import DiskRefused, NoSuchObject, NotReadable
from postroom.store.keys import below, checked
from postroom.store.scratch import scratch_folder
from postroom.store.store import LOCAL, Stored

_PIECE_BYTES: Final = 1 << 20
_READ_ONLY: Final = 0o400
# FICLONE of linux/fs.h: share the blocks of another file, copied only when one of the two is
# written.
_FICLONE: Final = 0x40049409
# What a rename says where only a copy, or one file at a time, can do it.
_CANNOT_MOVE: Final = (errno.EXDEV, errno.ENOTEMPTY, errno.EEXIST, errno.EISDIR, errno.ENOTDIR)


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Objects are files below `root`; a key is a relative path with `/`.

    No key is a folder of another's. Names that begin with a dot are the store's own.
    """

    root: Path
    bucket: str = LOCAL

    @property
    def url(self) -> str:
        """The folder."""
        return str(self.root)

    @property
    def at_once(self) -> int:
        """Files of one disk are not read faster by asking for many."""
        return 1

    def path_for(self, key: str) -> Path:
        """Give the file of `key`; raises `WrongUsage` for a key that would leave the store."""
        path = self.root / checked(key)
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise WrongUsage(
                "this key would leave the object store",
                where=repr(key),
                why="a symbolic link inside the store leads out of it",
                remedy="remove the link",
            )
        return path

    def exists(self, key: str) -> bool:
        """Whether there is a file of that key."""
        path = self.path_for(key)
        with _reading(key):
            return path.is_file()

    def size(self, key: str) -> int:
        """Bytes of the file."""
        path = self.path_for(key)
        with _reading(key):
            return _no_folder(path).stat().st_size

    def put_file(self, source: Path, key: str) -> Stored:
        """Put a file under `key`: the same bytes, read-only.

        It is never a link to a file that its owner may still edit: blocks are shared where the file
        system can, else copied.
        """
        target = self.path_for(key)
        with _arriving(target, source) as partial:
            with source.open("rb") as bytes_in, partial.open("xb") as bytes_out:
                size_bytes, sha256 = _clone_or_copy(bytes_in, bytes_out)
                os.fsync(bytes_out.fileno())
                os.fchmod(bytes_out.fileno(), _READ_ONLY)
            partial.replace(target)
        return Stored(key, size_bytes, sha256)

    def take_file(self, source: Path, key: str, sha256: str) -> Stored:
        """Move a file of our own to its key, read-only; copy it from another file system."""
        target = self.path_for(key)
        with _arriving(target, source) as partial:
            size_bytes = source.stat().st_size
            _move(source, target, partial)
            target.chmod(_READ_ONLY)
        return Stored(key, size_bytes, sha256)

    def put_bytes(self, key: str, content: bytes) -> None:
        """Write the file beside its place and rename it."""
        target = self.path_for(key)
        with _arriving(target) as partial:
            descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _READ_ONLY)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            partial.replace(target)

    def read_bytes(self, key: str) -> bytes:
        """Read the file."""
        path = self.path_for(key)
        with _reading(key):
            return path.read_bytes()

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Give the file itself."""
        path = self.path_for(key)
        with _reading(key):
            _no_folder(path)
        yield path

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """Open the file."""
        path = self.path_for(key)
        with _reading(key):
            file = path.open("rb")
        with file:
            yield file

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the names of the files below a folder."""
        return (key for key, _ in self.sizes(prefix))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the files below a folder with their sizes."""
        start = below(prefix)
        folder = self.path_for(prefix) if prefix else self.root
        with _reading(prefix):
            if folder.is_dir():
                yield from _files(os.fspath(folder), start)

    @property
    def scratch_root(self) -> Path:
        """A folder on the store's own file system."""
        return self.root / ".scratch"

    def scratch(self) -> AbstractContextManager[Path]:
        """Give a folder from which files need not be copied."""
        return scratch_folder(self.scratch_root)

    def put_folder(self, folder: Path, prefix: str, *, last: str) -> None:
        """Rename what lies in the folder, whole folders at once where there are none yet."""
        target = self.path_for(prefix)
        try:
            target.mkdir(parents=True, exist_ok=True)
            names = sorted(path.name for path in folder.iterdir() if path.name != last)
            for name in (*names, last):
                _settle(folder / name, target / name)
        except OSError as error:
            raise _not_stored(target, error) from error

    def remove(self, key: str) -> None:
        """Remove the file."""
        path = self.path_for(key)
        try:
            path.unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as error:
            raise _not_stored(path, error) from error

    def clear(self, prefix: str, *, first: str, keep: frozenset[str] = frozenset()) -> None:
        """Remove the files of a folder, and its folders but for those of `keep`."""
        folder = self.path_for(prefix)
        if not folder.is_dir():
            return
        try:
            self.path_for(f"{prefix}/{first}").unlink(missing_ok=True)
            for path in folder.iterdir():
                if path.name not in keep:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            if not keep:
                folder.rmdir()
        except OSError as error:
            raise _not_stored(folder, error) from error


def _files(folder: str, start: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, f"{start}{entry.name}/")
            elif entry.is_file(follow_symlinks=False):
                yield f"{start}{entry.name}", entry.stat().st_size


def _settle(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno not in _CANNOT_MOVE:
            raise
        if not source.is_dir():
            _move(source, target, _partial(target))
            return
        target.mkdir(exist_ok=True)
        for path in source.iterdir():
            _settle(path, target / path.name)


def _move(source: Path, target: Path, partial: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(source, partial)
        partial.replace(target)
        source.unlink()


def _partial(target: Path) -> Path:
    return target.with_name(f".{secrets.token_hex(8)}.partial")


@contextmanager
def _arriving(target: Path, source: Path | None = None) -> Iterator[Path]:
    """Give a name beside the target, which is gone afterwards if it did not become the target."""
    partial = _partial(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield partial
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        if source is not None and error.filename == str(source) and error.filename2 is None:
            raise _unreadable(source, error) from error
        raise _not_stored(target, error) from error


@contextmanager
def _reading(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise _no_object(key, error) from error
    except (IsADirectoryError, NotADirectoryError) as error:
        raise _no_object(key, error) from error
    except OSError as error:
        raise NotReadable(
            "the object cannot be read",
            where=key,
            why=error.strerror or str(error),
            remedy="check the permissions and the disk of the object store: postroom doctor",
        ) from error


def _no_folder(path: Path) -> Path:
    if not path.is_file():
        path.stat()  # says that it is not there
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return path


def _no_object(key: str, error: OSError) -> NoSuchObject:
    return NoSuchObject(key, error.strerror or str(error))


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


def _unreadable(source: Path, error: OSError) -> NotReadable:
    return NotReadable(
        "the file cannot be read",
        where=str(source),
        why=error.strerror or str(error),
        remedy="check the path and its permissions",
    )


def _not_stored(target: Path, error: OSError) -> DiskRefused:
    return DiskRefused(
        "the file cannot be put into the object store",
        where=str(target),
        why=error.strerror or str(error),
        remedy="make room or choose another place with --store; then run the command again",
    )
