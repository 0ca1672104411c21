"""The search for secrets before a seal: known values first, then a scanner's patterns."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cutline.evidence.contents import line_digest
from cutline.evidence.entry import REDACTED, Entry
from cutline.evidence.secrets import Redactor

# Every digest of ours is entropy, and an address is no secret.
_LEFT_OUT = {"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"}
_FILTERS = "detect_secrets.filters.heuristic."
# No filter that a line of the scanned file could switch on, and none that asks a network.
_HEURISTICS = (
    "is_indirect_reference",
    "is_likely_id_string",
    "is_not_alphanumeric_string",
    "is_potential_uuid",
    "is_prefixed_with_dollar_sign",
    "is_sequential_string",
    "is_templated_secret",
)


@dataclass(frozen=True, slots=True)
class Find:
    """One secret, by file and line; its value is never told. `line_digest` names the line."""

    name: str
    line: int
    what: str
    is_known: bool
    line_digest: str


def finds(named: Iterable[tuple[str, Path]], known: Redactor, entries: list[Entry]) -> list[Find]:
    """Return every secret in the files that no entry of the journal accounts for.

    A line that people looked at and kept (`cutline redact --keep`) is left out, unless it holds a
    known value.
    """
    from detect_secrets.settings import transient_settings  # noqa: PLC0415  # slow

    kept = {
        (entry.data.get("file"), entry.data.get("digest"))
        for entry in entries
        if entry.kind == REDACTED and entry.data.get("is_kept")
    }
    found = []
    with transient_settings(_settings()):
        for name, path in named:
            found += list(_known(name, path.read_bytes(), known))
            found += [one for one in _scanned(name, path) if (name, one.line_digest) not in kept]
    return found


def _known(name: str, content: bytes, known: Redactor) -> Iterator[Find]:
    if known.holds_none(content):
        return
    lines = content.split(b"\n")
    numbers = [number for number, line in enumerate(lines, 1) if not known.holds_none(line)]
    for number in numbers or [1]:
        digest = line_digest(content, number)
        yield Find(name, number, "a secret value of this run", True, digest)


def _scanned(name: str, path: Path) -> Iterator[Find]:
    content = path.read_bytes()
    for number, what in _places(path, hashlib.sha256(content).digest()):
        yield Find(name, number, what, False, line_digest(content, number))


@lru_cache(maxsize=4096)
def _places(path: Path, digest: bytes) -> tuple[tuple[int, str], ...]:
    """Return lines with what they look like; a file that did not change is looked at once.

    Closing a run asks three times, and every file but the journal stays as it was.
    """
    from detect_secrets.core.scan import scan_file  # noqa: PLC0415  # slow

    del digest  # a part of the key
    with _readable(path) as text:
        return tuple((secret.line_number, secret.type) for secret in scan_file(str(text)))


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """Hand out a file that the scanner reads whole.

    It passes over what is named like a picture or an archive, and over what is no UTF-8: of such
    a file a copy in plain text is handed out, the same line by line.
    """
    from detect_secrets.filters.heuristic import is_non_text_file  # noqa: PLC0415  # slow

    content = path.read_bytes()
    text = content.decode(errors="replace")
    if text.encode() == content and not is_non_text_file(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "scanned.txt"
        copy.write_bytes(text.encode())
        yield copy


def _settings() -> dict[str, list[dict[str, str]]]:
    from detect_secrets.core.plugins.util import (  # noqa: PLC0415  # slow
        get_mapping_from_secret_type_to_class,
    )

    known: Mapping[str, type] = get_mapping_from_secret_type_to_class()
    names = sorted({plugin.__name__ for plugin in known.values()} - _LEFT_OUT)
    return {
        "plugins_used": [{"name": name} for name in names],
        "filters_used": [{"path": _FILTERS + name} for name in _HEURISTICS],
    }
