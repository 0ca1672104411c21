"""A write-once folder: the embedded default. It is no WORM store and says so."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from cutline.evidence import files
from cutline.evidence.refusals import OtherObject, StoreUnreachable
from cutline.evidence.worm import NO_LOCK, Receipt, Shown

NO_WORM = (
    "a write-once folder, no WORM storage: files are made once and read-only, but whoever owns the"
    " folder can remove or change them"
)


class FolderStore:
    """Keeps each object as a read-only file that is never written over."""

    def __init__(self, folder: Path, mode: str, keep_s: float) -> None:
        self.folder = folder
        self.uri = folder.as_uri() if folder.is_absolute() else str(folder)
        self.mode = mode
        self.keep_s = keep_s

    def put(self, name: str, content: bytes | Path, at: datetime) -> Receipt:
        """Write the file where none is; the same content counts as kept."""
        del at
        path = self.folder / name
        taken = content if isinstance(content, bytes) else content.read_bytes()
        digest = hashlib.sha256(taken).hexdigest()
        is_reused = False
        try:
            files.put_new(path, taken, 0o444)
        except FileExistsError:
            is_reused = True
            if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                raise OtherObject(
                    "the store keeps something else under this name",
                    where=str(path),
                    why="a write-once folder never replaces a file",
                    remedy="look at that file: another run, or somebody, put it there",
                ) from None
        answer = json.dumps({"put": str(path), "sha256": digest, "is_reused": is_reused})
        return Receipt(
            name,
            "",
            str(path),
            "",
            "",
            digest,
            len(taken),
            NO_LOCK,
            "",
            NO_LOCK,
            "",
            (answer, json.dumps({"note": NO_WORM})),
            is_reused,
        )

    def get(self, name: str) -> bytes:
        """Return the content of a file."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise StoreUnreachable(
                "the store has no such object",
                where=str(self.folder / name),
                why=error.strerror or "",
            ) from error

    def names(self, under: str) -> list[str]:
        """Return the names that begin with `under`, sorted."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        names = (path.relative_to(self.folder).as_posix() for path in found)
        return sorted(
            name for name in names if name.startswith(under) and not name.endswith(".partial")
        )

    def canary(self, at: datetime) -> Shown:
        """Say that nothing enforces a lock here."""
        del at
        return Shown(is_worm=False, words=NO_WORM)
