"""One line of the journal, and the chain that the lines form. Pure: no input, no output."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cutline.evidence import canonical

# `prev` of the first entry, which has none before it.
NOTHING_BEFORE = "0" * 64
CLOSED = "closed"
REDACTED = "redacted"
_AT = re.compile(r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]{6}Z")
_HEX = re.compile(r"[0-9a-f]{64}")
_MEMBERS = ("at", "data", "kind", "mode", "prev", "seq")  # in their canonical order


class Mode(StrEnum):
    """How a run came about; every entry says it."""

    RUN = "run"
    COMPRESSED = "compressed"
    REHEARSED = "rehearsed"


_MODES = {mode.value: mode for mode in Mode}


class BrokenEntry(ValueError):  # noqa: N818  # a statement about one line, read with its number
    """The line numbered `seq` is not what a journal can hold there, because of `why`."""

    def __init__(self, seq: int, why: str) -> None:
        self.seq = seq
        self.why = why
        super().__init__(f"entry {seq}: {why}")


def moment(at: datetime) -> str:
    """Return an aware instant as RFC 3339 in UTC with microseconds, the form of `Entry.at`."""
    if at.tzinfo is None:
        raise ValueError("an instant without a zone is no instant")
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def instant(at: str) -> datetime:
    """Return the instant that `moment` wrote."""
    return datetime.fromisoformat(at)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a run recorded.

    `seq` counts from 1 without gaps. `prev` is the digest of the entry before, 64 zeros at the
    first. `data` holds JSON: mappings with string keys, lists, strings, numbers, booleans, None.
    A float with an integral value reads back as an integer, as JCS has one form for both.
    """

    seq: int
    at: str
    kind: str
    data: Mapping[str, object]
    mode: Mode
    prev: str

    def line(self) -> bytes:
        """Return the line of the journal: canonical JSON (RFC 8785) and a line feed."""
        value = {
            "at": self.at,
            "data": self.data,
            "kind": self.kind,
            "mode": self.mode.value,
            "prev": self.prev,
            "seq": self.seq,
        }
        return canonical.canonical(value) + b"\n"

    def digest(self) -> str:
        """Return the SHA-256 of the line without its line feed, in lower-case hex."""
        return digest_of(self.line()[:-1])


def digest_of(line: bytes) -> str:
    """Return the SHA-256 of a line without its line feed: the `prev` of the entry behind it."""
    return hashlib.sha256(line).hexdigest()


def parse(line: bytes) -> Entry:
    """Return the entry of a line without its line feed; `ValueError` says why it is none."""
    return _entry(canonical.parse(line))


def again(line: bytes) -> Entry:
    """Return the entry of a line that `Entry.line` made, as a later reader will see it."""
    value = canonical.read(line)
    assert isinstance(value, dict)  # noqa: S101  # `Entry.line` writes an object
    return _entry(value)


def _entry(value: dict[str, object]) -> Entry:
    if tuple(value) != _MEMBERS:
        raise ValueError(f"its members are {', '.join(value)}")
    at, data, kind = value["at"], value["data"], value["kind"]
    mode, prev, seq = value["mode"], value["prev"], value["seq"]
    if not (isinstance(at, str) and _AT.fullmatch(at)):
        raise ValueError("its `at` is no instant")
    if not isinstance(data, dict) or not (isinstance(kind, str) and kind):
        raise ValueError("its `data` or `kind` has a wrong type")
    if not (isinstance(prev, str) and _HEX.fullmatch(prev)):
        raise ValueError("its `prev` is no digest")
    if type(seq) is not int or not isinstance(mode, str):
        raise ValueError("its `seq` or `mode` has a wrong type")
    return Entry(seq, at, kind, data, _MODES.get(mode) or Mode(mode), prev)


def follow(line: bytes, seq: int, prev: str, mode: Mode | None) -> Entry:
    """Return the entry of `line`, which must be number `seq` behind `prev` in a journal of `mode`.

    Raises `BrokenEntry` naming the entry that is at fault.
    """
    try:
        entry = parse(line)
    except ValueError as error:
        raise BrokenEntry(seq, str(error)) from error
    if entry.seq != seq:
        raise BrokenEntry(seq, f"its number is {entry.seq}: entries were dropped, added or moved")
    if entry.prev != prev:
        before = f"entry {seq - 1}" if seq > 1 else "nothing"
        raise BrokenEntry(seq, f"it does not follow {before} as that stands here")
    if mode is not None and entry.mode is not mode:
        raise BrokenEntry(seq, f"its mode is {entry.mode}, the journal's is {mode}")
    return entry
