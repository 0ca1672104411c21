"""Large texts, which the extractor keeps as objects, on their way back into their columns."""

from __future__ import annotations

import hashlib
from pathlib import Path

from postroom.errors import NotReadable


def text_of_object(folder: Path, digest: str) -> str:
    """Read the text of the object of that SHA-256; raises `NotReadable` if it is another."""
    path = folder / "objects" / digest[:2] / digest
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise _broken(path, "its SHA-256 is another")
        return content.decode()
    except OSError as error:
        raise _broken(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise _broken(path, "it is no UTF-8") from error


def _broken(path: Path, why: str) -> NotReadable:
    return NotReadable(
        "a large text cannot be put back into its column",
        where=str(path),
        why=why,
        remedy="postroom task extract --ingest ID makes it again",
    )
