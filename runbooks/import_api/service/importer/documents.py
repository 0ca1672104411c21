"""Documents to import: conversations made from a seed, named by a storage path."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass
from typing import Final

WORDS: Final = (
    "river", "stone", "Morgen", "naïve", "signal", "garden", "letter", "winter", "copper", "atlas",
    "harbour", "Straße", "violet", "engine", "meadow", "cipher",
)  # fmt: skip
LARGEST_MESSAGES: Final = 20_000
_PATH = re.compile(r"generated/([0-9]{1,18})/([0-9]{1,5})\.jsonl")


class StorageError(Exception):
    """A storage path names nothing."""


@dataclass(frozen=True, slots=True)
class Document:
    """A conversation: its storage path, its bytes as JSON lines, and the soulprint it must get.

    The soulprint is told by whoever made the document, without parsing it: a pipeline that gets
    another one has altered the data.
    """

    path: str
    body: bytes
    soulprint: str


def path_of(seed: int, messages: int) -> str:
    """Return the storage path of the document of a seed."""
    return f"generated/{seed}/{messages}.jsonl"


def is_known(path: str) -> bool:
    """Say whether a storage path names a document, without making it."""
    found = _PATH.fullmatch(path)
    return found is not None and 0 < int(found[2]) <= LARGEST_MESSAGES


def fetch(path: str) -> Document:
    """Return the document that a storage path names; raise `StorageError` if it names none."""
    found = _PATH.fullmatch(path)
    if found is None or not is_known(path):
        raise StorageError(f"no object {path}")
    chance = random.Random(int(found[1]))  # noqa: S311  # the same document each time
    lines, digest = [], hashlib.sha256()
    for number in range(int(found[2])):
        role = ("user", "assistant")[number % 2]
        words = chance.choices(WORDS, k=chance.randint(3, 24))
        lines.append(json.dumps({"role": role, "text": "  ".join(words) + " "}))
        digest.update(f"{role}\x1f{' '.join(words).casefold()}\n".encode())
    return Document(path, "\n".join(lines).encode(), digest.hexdigest())
