"""The content of an attachment out of pypff, and into the object store."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postroom.errors import DiskRefused
from postroom.identity import METHODS_WITH_CONTENT, PT_BINARY, Properties, attachment_method
from postroom.legacy.stored import CONTENT, UNREADABLE
from postroom.store import Store

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """Content that lies in the store."""

    sha256: str
    size_bytes: int
    key: str


def stored_content(
    attachment: Any, properties: Properties, store: Store, prefix: str, scratch: Path
) -> Content | None:
    """Put the content of an attachment by value or OLE into the store; None for other methods.

    It is written into `scratch`, a folder that the store gave, and taken from there.
    Raises what pypff raises where it cannot be read, and `DiskRefused` where it cannot be written.
    """
    if attachment_method(properties) not in METHODS_WITH_CONTENT:
        return None
    digest, size = hashlib.sha256(), 0
    partial = scratch / secrets.token_hex(8)
    try:
        with _new_file(partial) as file:
            for piece in _pieces(attachment, properties):
                digest.update(piece)
                size += len(piece)
                _write(file, piece)
        sha256 = digest.hexdigest()
        key = f"{prefix}/objects/{sha256[:2]}/{sha256}"
        store.take_file(partial, key, sha256)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return Content(sha256, size, key)


def _pieces(attachment: Any, properties: Properties) -> Iterator[bytes]:
    if CONTENT not in properties:
        return
    if properties[CONTENT].type == PT_BINARY and _is_empty(attachment):
        return
    left = attachment.size
    while left > 0:
        piece = attachment.read_buffer(min(left, _PIECE))
        if not piece:
            raise OSError(f"the content ends {left} bytes before its size")
        left -= len(piece)
        yield piece


def _is_empty(attachment: Any) -> bool:
    """Whether the stored content is empty: pypff has no size for it."""
    try:
        return not attachment.size
    except UNREADABLE:
        entry = attachment.get_record_set(0).get_entry_by_type(CONTENT, PT_BINARY, 0)
        return entry is not None and entry.data is None


def _new_file(path: Path) -> Any:
    try:
        return path.open("xb")
    except OSError as error:
        raise _refused(path, error) from error


def _write(file: Any, piece: bytes) -> None:
    try:
        file.write(piece)
    except OSError as error:
        raise _refused(Path(file.name), error) from error


def _refused(path: Path, error: OSError) -> DiskRefused:
    return DiskRefused(
        "an attachment cannot be put into the object store",
        where=os.fspath(path),
        why=error.strerror or str(error),
        remedy="make room or choose another place with --home; then run the command again",
    )
