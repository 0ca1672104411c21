"""Files that are there whole or not at all, and stay there after the power has failed."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cutline.errors import CannotWrite


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says while `path` is written into `CannotWrite`."""
    try:
        yield
    except OSError as error:
        raise refused(path, error) from error


def refused(path: Path, error: OSError) -> CannotWrite:
    """Make the error that says why `path` could not be written."""
    return CannotWrite(
        f"{path.name} cannot be written",
        where=str(path),
        why=error.strerror or str(error),
        remedy="free space or mend the rights, then run the same command again",
    )


def put(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole and synced, in the place of an earlier one."""
    with _partial(path, content, mode) as partial:
        partial.replace(path)


def put_changed(path: Path, content: bytes) -> None:
    """Write a file whole and synced; one that has this content already is left alone."""
    with writing(path):
        is_there = path.exists() and path.read_bytes() == content
    if not is_there:
        put(path, content)


def put_new(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole and synced where none is; raises `FileExistsError` where one is."""
    with _partial(path, content, mode) as partial:
        os.link(partial, path)
        partial.unlink()


@contextlib.contextmanager
def _partial(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            try:
                write_all(handle, content)
                os.fsync(handle)
            finally:
                os.close(handle)
        try:
            yield partial
        except FileExistsError:
            raise
        except OSError as error:
            with writing(path):
                raise error from None
        sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_all(handle: int, content: bytes) -> None:
    """Write every byte, however many writes the system makes of it."""
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def sync(path: Path) -> None:
    """Make the content of a file outlive a loss of power."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
