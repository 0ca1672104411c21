"""Which key had to sign at which size: the given key, and those it was rotated from and to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cutline.evidence.entry import Entry, moment
from cutline.evidence.journal import Journal
from cutline.evidence.keys import PublicKey, Signer

ROTATED = "key_rotated"
_KEY_HEX = 64
_MEMBERS = ("old", "new", "at", "by_old", "by_new")


class BrokenRotation(ValueError):  # noqa: N818  # a statement about one entry, read with its number
    """The rotation in entry `seq` is not signed by both keys, or does not follow the one before."""

    def __init__(self, seq: int, why: str) -> None:
        self.seq = seq
        self.why = why
        super().__init__(f"entry {seq}: {why}")


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of a journal, each with the first size at which it had to sign, ascending."""

    keys: tuple[tuple[int, PublicKey], ...]

    def at(self, size: int) -> PublicKey:
        """Return the key that had to sign the head at `size`."""
        return [key for first, key in self.keys if first <= size][-1]

    @property
    def all(self) -> tuple[PublicKey, ...]:
        """Return every key of the journal."""
        return tuple(key for _, key in self.keys)


def statement(old: PublicKey, new: PublicKey, at: str) -> dict[str, str]:
    """Return what both keys sign, as the members of an entry that are not signatures."""
    return {"old": old.raw.hex(), "new": new.raw.hex(), "at": at}


def text_of(data: Mapping[str, object]) -> bytes:
    """Return the bytes of a rotation that both keys sign."""
    return f"cutline key rotation\nold {data['old']}\nnew {data['new']}\nat {data['at']}\n".encode()


def rotation(old: Signer, new: Signer, at: datetime) -> dict[str, str]:
    """Return the data of a rotation, signed by the old and by the new key."""
    data = statement(old.public, new.public, moment(at))
    signed = text_of(data)
    return {**data, "by_old": old.sign(signed).hex(), "by_new": new.sign(signed).hex()}


def rotate(journal: Journal, old: Signer, new: Signer, at: datetime) -> Entry:
    """Record in a journal that from this entry on `new` signs; every later head is by it."""
    entry = journal.append(ROTATED, rotation(old, new, at), at)
    journal.signer = new
    return entry


def keyring(entries: Iterable[Entry], given: PublicKey) -> Keyring:
    """Return the keys of a journal that `given` is one of.

    Raises `BrokenRotation`; a journal whose rotations never name `given` has that key alone, so
    that no other signature counts.
    """
    chain: list[tuple[int, PublicKey]] = []
    for entry in entries:
        if entry.kind != ROTATED:
            continue
        old, new = _both(entry)
        if not chain:
            chain.append((0, old))
        if chain[-1][1] != old:
            raise BrokenRotation(entry.seq, "its old key is not the one in force")
        chain.append((entry.seq, new))
    if given not in [key for _, key in chain]:
        return Keyring(((0, given),))
    return Keyring(tuple(chain))


def _both(entry: Entry) -> tuple[PublicKey, PublicKey]:
    """Return the keys of a rotation that both have signed."""
    members = [entry.data.get(name) for name in _MEMBERS]
    texts = [member for member in members if isinstance(member, str)]
    if len(texts) != len(_MEMBERS):
        raise BrokenRotation(entry.seq, "a member of the rotation is missing")
    try:
        old, new, by_old, by_new = (bytes.fromhex(texts[place]) for place in (0, 1, 3, 4))
    except ValueError as error:
        raise BrokenRotation(entry.seq, "a member of the rotation is no hex") from error
    if {len(texts[0]), len(texts[1])} != {_KEY_HEX}:
        raise BrokenRotation(entry.seq, "a key of the rotation is no key")
    keys = PublicKey(old), PublicKey(new)
    signed = text_of(entry.data)
    if not (keys[0].verifies(by_old, signed) and keys[1].verifies(by_new, signed)):
        raise BrokenRotation(entry.seq, "the rotation is not signed by both keys")
    return keys
