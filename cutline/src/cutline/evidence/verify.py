"""Verification: what a tar or a run's folder shows to somebody who has the public key."""

from __future__ import annotations

import contextlib
import gc
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from cutline.errors import Exit
from cutline.evidence import head as heads
from cutline.evidence.contents import (
    MANIFEST,
    Contents,
    is_evidence,
    is_in_manifest,
    of_folder,
    of_tar,
    referred,
)
from cutline.evidence.entry import (
    CLOSED,
    NOTHING_BEFORE,
    REDACTED,
    BrokenEntry,
    Entry,
    Mode,
    digest_of,
    follow,
    parse,
)
from cutline.evidence.head import HEADS, START, Head, name_of
from cutline.evidence.journal import JOURNAL
from cutline.evidence.keyring import BrokenRotation, Keyring, keyring
from cutline.evidence.keys import PublicKey
from cutline.evidence.pack import NotAsSealed
from cutline.evidence.refusals import CannotVerify
from cutline.evidence.tree import Tree

_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_HEAD_NAME = re.compile(rf"{HEADS}/([0-9]{{12}})\.head")
# Behind one break many places disagree; a person needs the first of them.
_MOST_BREAKS = 10


class State(StrEnum):
    """What the evidence is."""

    INTACT = "intact"
    TAMPERED = "tampered"
    INCOMPLETE = "incomplete"


EXITS = {
    State.INTACT: Exit.OK,
    State.TAMPERED: Exit.BLOCKED,
    State.INCOMPLETE: Exit.NOT_MEASURED,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: an entry, a head or a file, and what is wrong with it.

    `is_absence`: something is not there yet, as in a run that goes on.
    """

    place: str
    what: str
    is_absence: bool = False


@dataclass(slots=True)
class Verification:
    """What was found, and what was shown: consistent, signed, anchored."""

    findings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    key_id: str = ""
    shown: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """Return tampered if anything contradicts, incomplete if anything is not there."""
        if any(not one.is_absence for one in self.findings):
            return State.TAMPERED
        return State.INCOMPLETE if self.findings else State.INTACT

    @property
    def exit_code(self) -> Exit:
        """Return 0 intact, 1 tampered, 3 incomplete."""
        return EXITS[self.state]

    def as_json(self) -> dict[str, object]:
        """Return it for `--json`."""
        first = self.entries[0] if self.entries else None
        last = self.entries[-1] if self.entries else None
        return {
            "state": self.state.value,
            "findings": [
                {"place": one.place, "what": one.what, "is_absence": one.is_absence}
                for one in self.findings
            ],
            "shown": self.shown,
            "run": first.data.get("run") if first else None,
            "mode": first.mode.value if first else None,
            "entries": len(self.entries),
            "outcome": last.data.get("outcome") if last and last.kind == CLOSED else None,
            "verdict": last.data.get("verdict") if last and last.kind == CLOSED else None,
            "key_id": self.key_id,
        }


def verify(path: Path, public_key: PublicKey, head: Path | None = None) -> Verification:
    """Verify a tar (plain or gzipped) or a run's folder by a public key.

    `head` is a head that was kept elsewhere, such as on the store. Raises `CannotVerify` for what
    cannot be read at all, and for a head that this key did not sign.
    """
    made = Verification(key_id=public_key.key_id)
    try:
        contents = of_folder(path) if path.is_dir() else of_tar(path)
    except NotAsSealed as error:
        made.findings.append(Finding(error.place, error.why))
        return made
    except (OSError, EOFError) as error:
        raise CannotVerify(
            "the evidence cannot be read", where=str(path), why=str(error)
        ) from error
    if JOURNAL not in contents:
        made.findings.append(Finding(JOURNAL, "there is no journal", is_absence=True))
        return made
    _Check(contents, public_key, made, head).run(is_tar=not path.is_dir())
    return made


class _Check:
    """One verification of one body of evidence."""

    def __init__(
        self, contents: Contents, given: PublicKey, made: Verification, head: Path | None
    ) -> None:
        self.contents = contents
        self.given = given
        self.made = made
        self.head = head
        self.tree = Tree()
        self.ring = Keyring(((0, given),))

    def run(self, *, is_tar: bool) -> None:
        findings = self.made.findings
        with _many_objects():
            findings += self._chain()
        try:
            self.ring = keyring(self.made.entries, self.given)
        except BrokenRotation as broken:
            findings.append(Finding(f"entry {broken.seq}", broken.why))
        findings += self._heads()
        findings += self._start()
        findings += self._closing()
        if is_tar:
            findings += self._foreign()
        findings += self._anchored()
        self._show()

    def _chain(self) -> Iterator[Finding]:
        """Walk the journal; behind a break go on, so that every place is named."""
        *lines, tail = self.contents.read(JOURNAL).split(b"\n")
        if tail:
            yield Finding(f"entry {len(lines) + 1}", "its line is cut off", is_absence=True)
        prev, mode = NOTHING_BEFORE, None
        breaks = 0
        self.tree.extend(lines)
        for seq, line in enumerate(lines, 1):
            try:
                entry = follow(line, seq, prev, mode)
            except BrokenEntry as broken:
                breaks += 1
                if breaks <= _MOST_BREAKS:
                    yield Finding(f"entry {broken.seq}", broken.why)
                entry = _at_all(line, seq)
            self.made.entries.append(entry)
            prev, mode = digest_of(line), mode or entry.mode
        if not lines:
            yield Finding("entry 1", "the journal has no entry", is_absence=True)

    def _heads(self) -> Iterator[Finding]:
        """Hold the journal to each head: signature, run, mode, root at its size."""
        below = 0
        for name in self.contents.names:
            if not name.startswith(f"{HEADS}/") or name == f"{HEADS}/{START}":
                continue
            found = _HEAD_NAME.fullmatch(name)
            if found is None:
                yield Finding(name, "there is no head of such a name")
                continue
            try:
                head = self._parsed(self.contents.read(name))
            except ValueError as error:
                yield Finding(name, str(error))
                continue
            if head.size != int(found[1]):
                yield Finding(name, f"it is the head at {head.size}")
                continue
            yield from self._held(head, name, below)
            below = head.size

    def _parsed(self, raw: bytes) -> Head:
        head = heads.parse(raw, *self.ring.all)
        if self.ring.at(head.size).key_id != head.key_id:
            raise ValueError("it is signed by a key that was not in force at its size")
        return head

    def _held(self, head: Head, name: str, below: int) -> Iterator[Finding]:
        size = len(self.made.entries)
        if (head.run, head.mode) != (self._run(), self._mode()):
            yield Finding(name, f"it is a head of {head.run} ({head.mode})")
        elif head.size > size:
            yield Finding(
                f"entry {size + 1}",
                f"the journal was cut: {name} counts {head.size} entries, {size} are there",
            )
        elif self.tree.root(head.size) != head.root:
            yield Finding(
                f"entries {below + 1} to {head.size}",
                f"they are not those that {name} was signed over",
            )

    def _start(self) -> Iterator[Finding]:
        name = f"{HEADS}/{START}"
        has_heads = any(_HEAD_NAME.fullmatch(name) for name in self.contents.names)
        if name not in self.contents:
            if has_heads:
                yield Finding(name, "the run's signed start is missing")
            return
        try:
            start = heads.parse_start(self.contents.read(name), *self.ring.all)
        except ValueError as error:
            yield Finding(name, str(error))
            return
        first = self.made.entries[0] if self.made.entries else None
        if first is None:
            return
        line = self.contents.read(JOURNAL).split(b"\n", 1)[0]
        if (start.run, start.mode, start.entry) != (self._run(), first.mode, digest_of(line)):
            yield Finding("entry 1", f"it is not the one that {name} was signed over")

    def _closing(self) -> Iterator[Finding]:
        entries = self.made.entries
        closed = [entry for entry in entries if entry.kind == CLOSED]
        if not closed:
            yield Finding(f"entry {len(entries) + 1}", "the run is not closed", is_absence=True)
            return
        if closed[0].seq != len(entries):
            yield Finding(f"entry {closed[0].seq + 1}", "it stands behind the closing entry")
            return
        if f"{HEADS}/{name_of(len(entries))}" not in self.contents:
            yield Finding(
                f"{HEADS}/{name_of(len(entries))}", "the last head is missing", is_absence=True
            )
        yield from self._listed_heads(closed[0])
        yield from self._files(closed[0])

    def _listed_heads(self, closed: Entry) -> Iterator[Finding]:
        """Hold the heads to those that the closing entry lists; the last one is over it."""
        listed = closed.data.get("heads")
        stated = dict(listed) if isinstance(listed, dict) else {}
        last = f"{HEADS}/{name_of(closed.seq)}"
        there = {name for name in self.contents.names if name.startswith(f"{HEADS}/")} - {last}
        start = f"{HEADS}/{START}"
        for name in sorted({*stated, *there}):
            if name not in there:
                yield Finding(name, "a head that the closing entry lists is missing")
            elif name not in stated:
                if name != start:
                    yield Finding(name, "the closing entry does not list this head")
            elif self.contents.digest(name) != stated[name]:
                yield Finding(name, "it is not the head that the closing entry lists")

    def _files(self, closed: Entry) -> Iterator[Finding]:
        """Hold the files to the manifest, the manifest to the closing entry."""
        if MANIFEST not in self.contents:
            yield Finding(MANIFEST, "the manifest is missing")
            return
        if self.contents.digest(MANIFEST) != closed.data.get("manifest"):
            yield Finding(MANIFEST, f"it is not the one that entry {closed.seq} closes over")
        try:
            lines = self.contents.read(MANIFEST).decode().splitlines()
        except UnicodeDecodeError:
            lines = []
        stated = {found[2]: found[1] for line in lines if (found := _LINE.fullmatch(line))}
        there = set(filter(is_in_manifest, self.contents.names))
        for name in sorted({*stated, *there}):
            if name not in there:
                yield Finding(name, "a file that the manifest lists is missing")
            elif name not in stated:
                yield Finding(name, "the manifest does not list this file")
            elif self.contents.digest(name) != stated[name]:
                yield Finding(name, "its content is not what the manifest lists")
        yield from self._referred(set(stated.values()))

    def _referred(self, there: set[str]) -> Iterator[Finding]:
        """Hold the journal's references to the files, and the files to its redactions."""
        dropped = {
            str(entry.data.get("digest")): entry.seq
            for entry in self.made.entries
            if entry.kind == REDACTED and not entry.data.get("is_kept")
        }
        for digest, seq in referred(self.made.entries).items():
            if digest not in there and digest not in dropped:
                yield Finding(f"entry {seq}", f"the file {digest} that it refers to is missing")

    def _foreign(self) -> Iterator[Finding]:
        for name in self.contents.names:
            if not is_evidence(name):
                yield Finding(name, "such a file is never sealed")

    def _anchored(self) -> Iterator[Finding]:
        """Hold the journal to the head that was handed in."""
        if self.head is None:
            return
        try:
            head = heads.parse(self.head.read_bytes(), *self.ring.all)
        except (OSError, ValueError) as error:
            raise CannotVerify(
                "the head cannot be used",
                where=str(self.head),
                why=str(error),
                remedy="fetch a head of this run from the store, and name the run's public key",
            ) from error
        if head.run != self._run() and self.made.entries:
            raise CannotVerify("the head is one of another run", where=str(self.head), why=head.run)
        found = list(self._held(head, f"the head {self.head.name}", 0))
        yield from found
        if not found:
            self.made.shown["anchored"] = f"up to entry {head.size}, by a head of {head.at}"

    def _show(self) -> None:
        """Say what was shown; whatever was not is said too."""
        shown = self.made.shown
        signed = [name for name in self.contents.names if _HEAD_NAME.fullmatch(name)]
        size = len(self.made.entries)
        is_well = self.made.state is not State.TAMPERED
        shown["consistent"] = f"{size} entries, each following the one before" if is_well else "no"
        shown["signed"] = (
            f"{len(signed)} heads by key {self.given.key_id}" if is_well and signed else "no"
        )
        shown.setdefault("anchored", "no: no head from the store was handed in (--head)")

    def _run(self) -> str:
        data = self.made.entries[0].data if self.made.entries else {}
        return str(data.get("run", ""))

    def _mode(self) -> Mode:
        return self.made.entries[0].mode if self.made.entries else Mode.RUN


@contextlib.contextmanager
def _many_objects() -> Iterator[None]:
    """Spare the search for cycles while a journal is read: JSON has none, it takes a quarter."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _at_all(line: bytes, seq: int) -> Entry:
    """Return what a broken line says, so that the places behind it can be judged."""
    try:
        return parse(line)
    except ValueError:
        return Entry(seq, "", "", {}, Mode.RUN, digest_of(line))
