"""The store that keeps evidence: an S3 bucket with Object Lock, or a write-once folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cutline.errors import WrongUsage

MODES = ("GOVERNANCE", "COMPLIANCE")
NO_LOCK = "NONE"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the store said when it took an object, and what it showed of that very version.

    `retain_until` is RFC 3339 or empty, `said` the raw answers, one JSON text each. `is_reused`:
    the same content lay there under a lock that is long enough.
    """

    name: str
    bucket: str
    key: str
    version_id: str
    etag: str
    sha256: str
    size_bytes: int
    lock_mode: str
    retain_until: str
    verified_lock_mode: str
    verified_retain_until: str
    said: tuple[str, ...]
    is_reused: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What a canary showed: whether this is WORM storage, in words for the summary."""

    is_worm: bool
    words: str


class WormStore(Protocol):
    """Takes each name once. Names are relative to the store's prefix."""

    uri: str
    mode: str
    keep_s: float

    def put(self, name: str, content: bytes | Path, at: datetime) -> Receipt:
        """Keep an object until `at` plus `keep_s`, and check the version that was made.

        The same content under a lock at least as strong counts as kept. Raises `OtherObject` for
        any other under that name, `LockNotEnforced` if the version is not locked as asked.
        """
        ...

    def get(self, name: str) -> bytes:
        """Return the first version that was kept under a name, whatever was put over it."""
        ...

    def names(self, under: str) -> list[str]:
        """Return the names that begin with `under`, sorted, also those hidden by a deletion."""
        ...

    def canary(self, at: datetime) -> Shown:
        """Try to remove an object that is to be kept; raises `LockNotEnforced` if that works."""
        ...


def open_store(uri: str, mode: str, keep_s: float) -> WormStore:
    """Return the store of `file:///folder` or `s3://bucket/prefix`.

    An endpoint and the credentials of S3 come from the environment, as for every AWS program.
    """
    parts = urlsplit(uri)
    if mode not in MODES:
        raise WrongUsage(
            "this is no Object Lock mode", where=mode, remedy=f"use {' or '.join(MODES)}"
        )
    if keep_s <= 0:
        raise WrongUsage("evidence must be kept for some time", where=f"{keep_s:g} s")
    if parts.scheme == "file" and not parts.netloc and parts.path not in {"", "/"}:
        from cutline.evidence.worm_folder import FolderStore  # noqa: PLC0415  # one of two

        return FolderStore(Path(parts.path), mode, keep_s)
    if parts.scheme == "s3" and parts.netloc:
        from cutline.evidence.worm_s3 import S3Store  # noqa: PLC0415  # boto3 takes its time

        return S3Store(parts.netloc, parts.path.strip("/"), mode, keep_s)
    raise WrongUsage(
        "this is no store for evidence",
        where=uri,
        remedy="use s3://BUCKET/PREFIX, or file:///FOLDER which is no WORM store",
    )
