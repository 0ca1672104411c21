"""The journal of a run: `journal.jsonl`, appended to line by line, each synced before it counts."""

from __future__ import annotations

import contextlib
import fcntl
import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cutline.errors import CannotMeasure, CannotWrite, WrongUsage
from cutline.evidence import files
from cutline.evidence.entry import (
    CLOSED,
    NOTHING_BEFORE,
    BrokenEntry,
    Entry,
    Mode,
    again,
    digest_of,
    follow,
    moment,
)
from cutline.evidence.keys import Signer
from cutline.evidence.refusals import JournalClosed, JournalDamaged
from cutline.evidence.secrets import Redactor
from cutline.evidence.tree import Tree

JOURNAL = "journal.jsonl"
KEY = "key.pem"


class AnyJournal(Protocol):
    """What a run needs of a journal: the one on disk and the one of a rehearsal both do it."""

    mode: Mode

    def append(self, kind: str, data: Mapping[str, object], at: datetime) -> Entry:
        """Record one thing and return its entry."""
        ...

    def entries(self) -> Sequence[Entry]:
        """Return all entries, oldest first."""
        ...

    def root(self, size: int | None = None) -> str:
        """Return the root over the first `size` entries."""
        ...


class Journal:
    """Append-only JSON Lines in a run's folder. What `append` returned survives a loss of power.

    Several processes may hold one journal: each append takes the file's lock, reads what others
    wrote since and goes behind it. `torn` tells how many bytes of a cut-off last line `open` cut
    away; such a line was never acknowledged. With a `redactor` known secret values in `data` are
    replaced before a line is made.
    """

    def __init__(self, folder: Path, mode: Mode) -> None:
        self.folder = folder
        self._path = folder / JOURNAL
        self.mode = mode
        self.signer: Signer | None = None
        self.redactor: Redactor | None = None
        self.torn = 0
        self._entries: list[Entry] = []
        self._tree = Tree()
        self._prev = NOTHING_BEFORE
        self._size_bytes = 0
        self._handle: int | None = None
        self._failure = ""

    @classmethod
    def create(cls, folder: Path, mode: Mode, signer: Signer | None) -> Journal:
        """Begin a journal in a folder that has none.

        The file appears with the first entry, so there is never an empty one. The public key of
        `signer` is laid beside it as `key.pem`.
        """
        if mode is Mode.REHEARSED:
            raise WrongUsage("a rehearsal keeps its journal in memory", where=str(folder))
        if (folder / JOURNAL).exists():
            raise CannotWrite(
                "the folder has a journal already",
                where=str(folder / JOURNAL),
                remedy="resume that run, or start a new one in a folder of its own",
            )
        with files.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            files.sync_folder(folder.parent)
        journal = cls(folder, mode)
        journal.signer = signer
        if signer is not None:
            files.put(folder / KEY, signer.public_pem)
        return journal

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """Read a journal and check its chain; a cut-off last line is cut away and told in `torn`.

        Raises `JournalDamaged` naming the entry for any other damage and changes nothing then.
        """
        path = folder / JOURNAL
        try:
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise CannotMeasure(
                "the run has no journal that can be opened",
                where=str(path),
                why=error.strerror or "",
                remedy="name the folder of a run; one without a journal never began",
            ) from error
        journal = cls(folder, Mode.RUN)
        journal._hold(handle)
        with journal._locked():
            journal._catch_up()
        if not journal._entries:
            raise journal._damaged(1, "it was never written whole")
        return journal

    @property
    def is_closed(self) -> bool:
        """Say whether the closing entry has been written."""
        return bool(self._entries) and self._entries[-1].kind == CLOSED

    @property
    def run(self) -> str:
        """Return the run's id: `run` of the first entry, else plan and time of the folder."""
        stated = self._entries[0].data.get("run") if self._entries else None
        return (
            stated if isinstance(stated, str) else f"{self.folder.parent.name}/{self.folder.name}"
        )

    def append(self, kind: str, data: Mapping[str, object], at: datetime) -> Entry:
        """Record one thing. When this returns, the entry is on the disk.

        The entry's `data` is what a later `open` reads. Raises `CannotWrite`; then nothing partial
        of the entry is left, and after a failed sync nothing more can be appended before `open`.
        """
        if self._handle is None:
            return self._begin(kind, data, at)
        # A context manager would cost as much as the two calls: this is what a tick waits for.
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            self._catch_up()
            line = self._line(kind, data, at)
            entry = again(line[:-1])  # what cannot be read back is not written
            self._write(self._handle, line)
            return self._take(entry, line)
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def refresh(self) -> None:
        """Read what other processes appended."""
        with self._locked():
            self._catch_up()

    def entries(self) -> Sequence[Entry]:
        """Return all entries, oldest first. The sequence grows with the journal."""
        return self._entries

    def root(self, size: int | None = None) -> str:
        """Return the RFC 6962 root over the first `size` lines, or over all, in hex."""
        return self._tree.root(size)

    def _begin(self, kind: str, data: Mapping[str, object], at: datetime) -> Entry:
        """Let the file appear with its first line whole."""
        path = self._path
        line = self._line(kind, data, at)
        entry = again(line[:-1])
        try:
            files.put_new(path, line)
        except FileExistsError as error:
            raise CannotWrite(
                "another process began a run in this folder", where=str(path)
            ) from error
        with files.writing(path):
            self._hold(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC))
        return self._take(entry, line)

    def _line(self, kind: str, data: Mapping[str, object], at: datetime) -> bytes:
        if self.is_closed:
            raise JournalClosed(
                "the run is closed",
                where=str(self._path),
                why=f"a journal ends with its entry {len(self._entries)}",
                remedy="start a new run that names this one: cutline run PLAN --follows RUN",
            )
        if self.redactor is not None:
            data = self.redactor.clean_data(data)
        made = Entry(len(self._entries) + 1, moment(at), kind, data, self.mode, self._prev)
        return made.line()

    def _take(self, entry: Entry, line: bytes) -> Entry:
        self._entries.append(entry)
        self._tree.add(line[:-1])
        self._prev = digest_of(line[:-1])
        self._size_bytes += len(line)
        return entry

    def _write(self, handle: int, line: bytes) -> None:
        if self._failure:
            raise CannotWrite(
                "the journal could not be synced before and is not written to any more",
                where=str(self._path),
                why=self._failure,
                remedy="mend the disk, then resume the run: cutline tick RUN",
            )
        try:
            files.write_all(handle, line)
        except OSError as error:
            os.ftruncate(handle, self._size_bytes)
            raise files.refused(self._path, error) from error
        try:
            os.fdatasync(handle)
        except OSError as error:
            # After a failed sync nobody knows what the disk holds: only reading anew helps.
            self._failure = str(error)
            with contextlib.suppress(OSError):
                os.ftruncate(handle, self._size_bytes)
            raise files.refused(self._path, error) from error

    def _hold(self, handle: int) -> None:
        self._handle = handle
        weakref.finalize(self, os.close, handle)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        if self._handle is None:
            yield
            return
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _catch_up(self) -> None:
        """Read the lines behind the last known one; cut a torn one away."""
        handle = self._handle
        if handle is None or (size := os.fstat(handle).st_size) == self._size_bytes:
            return
        if size < self._size_bytes:
            raise self._damaged(len(self._entries), "the file has become shorter")
        rest = os.pread(handle, size - self._size_bytes, self._size_bytes)
        while len(rest) < size - self._size_bytes:  # one read gives 2 GiB at most
            rest += os.pread(
                handle, size - self._size_bytes - len(rest), self._size_bytes + len(rest)
            )
        *lines, tail = rest.split(b"\n")
        first = not self._entries
        for line in lines:
            try:
                entry = follow(
                    line, len(self._entries) + 1, self._prev, None if first else self.mode
                )
            except BrokenEntry as broken:
                raise self._damaged(broken.seq, broken.why) from broken
            self.mode, first = entry.mode, False
            self._take(entry, line + b"\n")
        if tail:
            self.torn = len(tail)
            with files.writing(self._path):
                os.ftruncate(handle, self._size_bytes)
                os.fdatasync(handle)

    def _damaged(self, seq: int, why: str) -> JournalDamaged:
        return JournalDamaged(
            f"the journal is damaged at entry {seq}",
            where=f"{self._path}, line {seq}",
            why=why,
            remedy="keep the folder as it is, set traffic by `cutline rollback PLAN --force` if it"
            " must move, bring the journal back from a copy and `cutline verify` it with a head",
        )


class MemoryJournal:
    """The journal of a rehearsal: the same entries without chain, file and sync.

    `prev` stays empty and there is no root, so nothing of it can be taken for evidence.
    """

    def __init__(self, mode: Mode = Mode.REHEARSED) -> None:
        self.mode = mode
        self._entries: list[Entry] = []

    def append(self, kind: str, data: Mapping[str, object], at: datetime) -> Entry:
        """Record one thing and return its entry; `data` is kept as it is given."""
        entry = Entry(len(self._entries) + 1, moment(at), kind, data, self.mode, "")
        self._entries.append(entry)
        return entry

    def entries(self) -> Sequence[Entry]:
        """Return all entries, oldest first. The sequence grows with the journal."""
        return self._entries

    def root(self, size: int | None = None) -> str:
        """Return nothing: a rehearsal has no root."""
        del size
        return ""
