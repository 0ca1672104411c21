"""Heads outside of the run's folder: laid onto the store, and compared with when a run opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cutline.errors import Problem
from cutline.evidence import head as heads
from cutline.evidence.entry import Mode
from cutline.evidence.head import HEADS, START, Head, name_of, parse
from cutline.evidence.journal import KEY, Journal
from cutline.evidence.keyring import keyring
from cutline.evidence.keys import PublicKey, Signer, load_public
from cutline.evidence.refusals import JournalCut, JournalRewritten
from cutline.evidence.worm import WormStore

COMPRESSED = "compressed/"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head and whether the store has it; `why` says why it has not.

    A missing anchor is no error: it blocks raising traffic and never lowering it.
    """

    is_anchored: bool
    size: int
    root: str
    key_id: str
    why: str = ""


def base(journal: Journal) -> str:
    """Return the prefix of a run's objects on the store, by its id and mode."""
    prefix = COMPRESSED if journal.mode is Mode.COMPRESSED else ""
    return f"{prefix}{journal.run}/"


def anchor(
    journal: Journal, signer: Signer, store: WormStore | None, at: datetime | None = None
) -> Anchor:
    """Sign the journal as it stands and lay the head onto the store, with the run's start.

    Raises only what keeps the head from being signed and written here; what the store says is in
    the returned value.
    """
    made = heads.sign(journal, signer, at)
    if store is None:
        return Anchor(False, made.size, made.root, made.key_id, "no store is named")
    try:
        upload(journal, store)
    except Problem as problem:
        why = f"{problem.what}: {problem.why}".removesuffix(": ")
        return Anchor(False, made.size, made.root, made.key_id, why)
    return Anchor(True, made.size, made.root, made.key_id)


def upload(journal: Journal, store: WormStore) -> list[str]:
    """Lay every head of the run that the store lacks onto it; return the names of what it took."""
    under = base(journal)
    there = set(store.names(under))
    start = under + START
    taken = []
    now = datetime.now(UTC)
    if start not in there:
        store.put(start, (journal.folder / HEADS / START).read_bytes(), now)
        taken.append(start)
    for size in heads.sizes(journal.folder):
        name = f"{under}{HEADS}/{name_of(size)}"
        if name not in there:
            store.put(name, (journal.folder / HEADS / name_of(size)).read_bytes(), now)
            taken.append(name)
    return taken


def compare(journal: Journal, store: WormStore | None, key: PublicKey | None = None) -> Anchor:
    """Compare a journal with its newest head in the folder and with the newest on the store.

    `key` is the run's key, by default the one laid beside the journal. Raises `JournalCut` if a
    head counts more entries than there are and `JournalRewritten` if the root at its size is
    another. Returns what the store's newest head is, or why there is none.
    """
    ring = keyring(journal.entries(), key or _own(journal))
    for size in heads.sizes(journal.folder)[-1:]:
        raw = (journal.folder / HEADS / name_of(size)).read_bytes()
        _hold(journal, _signed(raw, ring.all), "the run's folder")
    if store is None:
        return Anchor(False, 0, "", "", "no store is named")
    try:
        newest = _newest(journal, store, ring.all)
    except Problem as problem:
        return Anchor(False, 0, "", "", f"{problem.what}: {problem.why}".removesuffix(": "))
    if newest is None:
        return Anchor(False, 0, "", "", f"{store.uri} has no head of this run by its key")
    _hold(journal, newest, store.uri)
    return Anchor(True, newest.size, newest.root, newest.key_id)


def _own(journal: Journal) -> PublicKey:
    return journal.signer.public if journal.signer else load_public(journal.folder / KEY)


def _newest(journal: Journal, store: WormStore, keys: tuple[PublicKey, ...]) -> Head | None:
    """Return the newest head on the store that our key signed; others' objects do not count."""
    under = f"{base(journal)}{HEADS}/"
    for name in sorted(store.names(under), reverse=True):
        found = _signed(store.get(name), keys)
        if found is not None and found.run == journal.run:
            return found
    return None


def _signed(raw: bytes, keys: tuple[PublicKey, ...]) -> Head | None:
    try:
        return parse(raw, *keys)
    except ValueError:
        return None


def _hold(journal: Journal, found: Head | None, where: str) -> None:
    """Hold the journal to a head."""
    size = len(journal.entries())
    if found is None:
        raise JournalRewritten(
            "the newest head of the run is not signed by its key",
            where=f"{journal.folder / HEADS}",
            remedy="bring heads/ back from the store; `cutline key show` tells the key",
        )
    if found.size > size:
        raise JournalCut(
            f"the journal was cut: it has {size} entries, a signed head counts {found.size}",
            where=f"{journal.folder}, after entry {size}",
            why=f"head in {where}, of {found.at}",
            remedy="bring the journal back from a copy; without one the run cannot go on",
        )
    if journal.root(found.size) != found.root:
        raise JournalRewritten(
            f"the journal was rewritten at or before entry {found.size}",
            where=str(journal.folder),
            why=f"its root at that size is not the one of the head in {where}, of {found.at}",
            remedy="bring the journal back from a copy; `cutline verify` names the first such head",
        )
