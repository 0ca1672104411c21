"""Heads: signed statements of a journal's size and root, and of the start of its run.

A head is a checkpoint in the form of C2SP `tlog-checkpoint`: origin, size, root, then our lines.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cutline.errors import CannotMeasure
from cutline.evidence import files, note
from cutline.evidence.entry import Entry, Mode, moment
from cutline.evidence.journal import Journal
from cutline.evidence.keys import PublicKey, Signer

HEADS = "heads"
START = "start.note"
_ORIGIN = "cutline/"
_STARTED = "cutline-start/"
_AT = r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]{6}Z"
_TAIL = rf"at ({_AT})\nmode (run|compressed)\nkey ([0-9a-f]{{64}})\n"
_HEAD = re.compile(rf"{_ORIGIN}([^\s+]+)\n([1-9][0-9]{{0,14}})\n([A-Za-z0-9+/]{{43}}=)\n{_TAIL}")
_START = re.compile(rf"{_STARTED}([^\s+]+)\nentry ([0-9a-f]{{64}})\n{_TAIL}")


@dataclass(frozen=True, slots=True)
class Head:
    """What was signed: `size` entries of this run had this root (hex) at this instant."""

    run: str
    size: int
    root: str
    at: str
    mode: Mode
    key_id: str
    raw: bytes

    @property
    def name(self) -> str:
        """Return the name of its file in `heads/`."""
        return name_of(self.size)


@dataclass(frozen=True, slots=True)
class Start:
    """What was signed when the run began: the digest of its first entry."""

    run: str
    entry: str
    at: str
    mode: Mode
    key_id: str
    raw: bytes


def name_of(size: int) -> str:
    """Return the file name of the head at `size`, so that names sort as sizes do."""
    return f"{size:012d}.head"


def sign(journal: Journal, signer: Signer, at: datetime | None = None) -> Head:
    """Sign the journal as it stands, lay the head into `heads/`, and return it.

    `at` is the instant of the last entry unless given. The first head of a run also lays
    `heads/start.note`. A head that is there already for this size and key is returned as it is.
    """
    entries = journal.entries()
    if not entries:
        raise CannotMeasure("a journal without entries has no head", where=str(journal.folder))
    _checked(journal)
    folder = journal.folder / HEADS
    if not (folder / START).exists():
        files.put(folder / START, _start(journal.run, entries[0], signer))
    path = folder / name_of(len(entries))
    if path.exists():
        return parse(path.read_bytes(), signer.public)
    root = base64.b64encode(bytes.fromhex(journal.root())).decode()
    when = moment(at) if at else entries[-1].at
    text = f"{_ORIGIN}{journal.run}\n{len(entries)}\n{root}\n{_tail(when, journal.mode, signer)}"
    raw = note.sign(text, f"{_ORIGIN}{journal.run}", signer)
    files.put(path, raw)
    return parse(raw, signer.public)


def _start(run: str, first: Entry, signer: Signer) -> bytes:
    text = f"{_STARTED}{run}\nentry {first.digest()}\n{_tail(first.at, first.mode, signer)}"
    return note.sign(text, f"{_STARTED}{run}", signer)


def _tail(at: str, mode: Mode, signer: Signer) -> str:
    return f"at {at}\nmode {mode}\nkey {signer.key_id}\n"


def _checked(journal: Journal) -> None:
    if not note.is_name(journal.run):
        raise CannotMeasure(
            "a run of this name cannot be signed for",
            where=journal.run,
            why="a name in a signed note has neither a space nor a plus sign",
            remedy="name the plan without them",
        )


def parse(raw: bytes, *keys: PublicKey) -> Head:
    """Return the head in a file's bytes, signed by one of `keys`; `ValueError` says why not."""
    made, found = _read(raw, _HEAD, keys, _ORIGIN)
    try:
        root = base64.b64decode(found[3], validate=True)
    except binascii.Error as error:
        raise ValueError("its root is not base64") from error
    if base64.b64encode(root).decode() != found[3]:
        raise ValueError("its root is not in the one form that base64 has for it")
    return Head(found[1], int(found[2]), root.hex(), found[4], Mode(found[5]), made, raw)


def parse_start(raw: bytes, *keys: PublicKey) -> Start:
    """Return the start of a run in a file's bytes, signed by one of `keys`."""
    made, found = _read(raw, _START, keys, _STARTED)
    return Start(found[1], found[2], found[3], Mode(found[4]), made, raw)


def _read(
    raw: bytes, shape: re.Pattern[str], keys: tuple[PublicKey, ...], prefix: str
) -> tuple[str, re.Match[str]]:
    """Return the id of the key that signed, and the parts of the text."""
    signed = note.read(raw)
    found = shape.fullmatch(signed.text)
    if found is None or signed.name != prefix + found[1]:
        raise ValueError("its lines are not those of such a note")
    by_id = {key.key_id: key for key in keys}
    key = by_id.get(found[found.re.groups])
    if key is None:
        raise ValueError(f"it names the key {found[found.re.groups][:16]}…, which is not given")
    if not signed.is_by(key):
        raise ValueError("its signature does not fit its text and key")
    return key.key_id, found


def sizes(folder: Path) -> list[int]:
    """Return the sizes of the heads in a run's folder, ascending."""
    return sorted(int(path.stem) for path in (folder / HEADS).glob("*.head") if path.stem.isdigit())
