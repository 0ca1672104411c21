"""The two full passes: v1 goes row by row, v2 takes the document as a whole.

Both parse, normalise, hash and compress. They must find the same soulprint.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Result:
    """What a full pass found; sizes in bytes."""

    soulprint: str
    records: int
    size: int
    packed_size: int


def _line(message: Mapping[str, str]) -> str:
    return f"{message['role']}\x1f{' '.join(message['text'].split()).casefold()}\n"


def v1(document: bytes) -> Result:
    """Parse and hash one message after the other, and pack as small as it goes."""
    digest, records = hashlib.sha256(), 0
    for row in document.splitlines():
        digest.update(_line(json.loads(row)).encode())
        records += 1
    return Result(digest.hexdigest(), records, len(document), len(zlib.compress(document, 9)))


def v2(document: bytes) -> Result:
    """Parse all messages at once, hash them at once, and pack fast."""
    messages = json.loads(b"[" + b",".join(document.splitlines()) + b"]")
    whole = "".join(map(_line, messages)).encode()
    packed_size = len(zlib.compress(document, 1))
    return Result(hashlib.sha256(whole).hexdigest(), len(messages), len(document), packed_size)


PIPELINES: Final[Mapping[str, Callable[[bytes], Result]]] = {"v1": v1, "v2": v2}
