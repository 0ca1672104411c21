"""Folders for the length of a block, which outlive nobody: a dead process's go with the next one's.

Beside each lies a file that its process holds locked; the system lets go of the lock with the
process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from postroom.errors import DiskRefused


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """Give an empty folder below `root`; raises `DiskRefused` if there can be none."""
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(root)
        lock, descriptor = _begin(root)
    except OSError as error:
        raise DiskRefused(
            "there is no room to work in",
            where=str(root),
            why=error.strerror or str(error),
            remedy="make room, or name another place: --home DIR, or POSTROOM_SCRATCH=DIR",
        ) from error
    try:
        yield lock.with_suffix("")
    finally:
        _end(lock, descriptor)


def _begin(root: Path) -> tuple[Path, int]:
    while True:
        lock = root / f"{secrets.token_hex(8)}.lock"
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        if _is_ours(lock, descriptor):
            lock.with_suffix("").mkdir(mode=0o700)
            return lock, descriptor
        os.close(descriptor)  # somebody swept it between the two calls


def _is_ours(lock: Path, descriptor: int) -> bool:
    """Lock the file; say whether that worked and it is still the one of that name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock.stat().st_ino == os.fstat(descriptor).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


def _sweep(root: Path) -> None:
    """Remove the folders of processes that are no more."""
    for lock in root.glob("*.lock"):
        with contextlib.suppress(OSError):  # another swept it first, or it is another user's
            descriptor = os.open(lock, os.O_RDWR)
            if _is_ours(lock, descriptor):
                _end(lock, descriptor)
            else:
                os.close(descriptor)


def _end(lock: Path, descriptor: int) -> None:
    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    lock.unlink(missing_ok=True)
    os.close(descriptor)
