"""Where uploads lie until they are whole, and what is done about those that a crash left behind.

The files lie in scratch of the object store, from where they are moved into their place. Before
that a note with the key is written: if the service dies between the store and the archive's row,
the next one finds the note, sees that there is no row, and takes the object back. Each service
holds a lock on its folder of notes for as long as it lives.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cutline.errors import Problem
from postroom.errors import DiskRefused
from postroom.store import Store

_LOCK: Final = "lock"


@dataclass(frozen=True, slots=True)
class Intent:
    """An object that is about to be stored: of which source, for which ingest, under which key."""

    source_id: str
    pst_file_id: str
    key: str


class InDoubtError(Exception):
    """It cannot be told whether a row was written; `reason` is why."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Scratch:
    """Scratch of one running service: its files in `store`'s, its notes in a folder of `root`."""

    def __init__(self, root: Path, store: Store) -> None:
        self._root = root
        self._open = ExitStack()
        self._doubts: list[Intent] = []
        self.files = self._open.enter_context(store.scratch())
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder = Path(tempfile.mkdtemp(prefix="serve-", dir=root))
            self._handle = os.open(
                self.folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
            )
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DiskRefused(
                "uploads cannot be received",
                where=str(root),
                why=error.strerror or str(error),
                remedy="choose another place with --home",
            ) from error

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Yield a path for one upload; whatever is there at the end of the block is removed."""
        handle, name = tempfile.mkstemp(suffix=".upload", dir=self.files)
        os.close(handle)
        path = Path(name)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Say how much room there is."""
        return shutil.disk_usage(self.files).free

    @contextmanager
    def intending(self, intent: Intent) -> Iterator[None]:
        """Keep a note of `intent` on the disk during the block.

        It stays if the process dies, and if the block says by `InDoubtError` that it cannot tell
        what became of it: `settle` looks at it again, or the next start.
        """
        note = self.folder / f"{intent.pst_file_id}.json"
        note.write_text(json.dumps(asdict(intent)), encoding="utf-8")
        try:
            yield
        except InDoubtError as doubt:
            self._doubts.append(intent)
            raise doubt.reason from doubt
        except BaseException:
            note.unlink(missing_ok=True)
            raise
        note.unlink(missing_ok=True)

    def settle(self, take_back: Callable[[Intent], None]) -> None:
        """Call `take_back` for what was left in doubt, now that the archive answers."""
        while self._doubts:
            intent = self._doubts.pop()
            try:
                take_back(intent)
            except Problem:
                self._doubts.append(intent)
                return
            (self.folder / f"{intent.pst_file_id}.json").unlink(missing_ok=True)

    def sweep(self, take_back: Callable[[Intent], None]) -> int:
        """Clear what dead services left; call `take_back` for each of their notes.

        Hands back how many folders that were. One whose notes cannot be followed now stays for the
        next start.
        """
        swept = 0
        for folder in self._root.glob("serve-*"):
            if folder != self.folder and _is_dead(folder):
                for note in folder.glob("*.json"):
                    with contextlib.suppress(
                        ValueError, TypeError
                    ):  # a note half written: no object
                        take_back(Intent(**json.loads(note.read_text(encoding="utf-8"))))
                    note.unlink(missing_ok=True)
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        return swept

    def close(self) -> None:
        """Remove both folders."""
        self._open.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._handle)


def _is_dead(folder: Path) -> bool:
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False  # it is being made just now, or being removed
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(handle)
