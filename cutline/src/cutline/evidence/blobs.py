"""What a run keeps beside its journal: files named by their digest, without known secrets."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from cutline.errors import CannotMeasure
from cutline.evidence import files
from cutline.evidence.secrets import Redactor

FILES = "files"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The folder `files/` of a run. An entry refers to one in a member named `file` or `…_file`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes, name_hint: str, secrets: Redactor) -> str:
        """Keep `content` with known secret values replaced; return the digest of what was kept.

        It is on the disk when this returns. The same content is kept once.
        """
        kept = secrets.clean(content)
        digest = hashlib.sha256(kept).hexdigest()
        path = self.folder / digest
        if not path.exists():
            with files.writing(path.with_name(f"{digest} ({Path(name_hint).name})")):
                files.put(path, kept)
        return digest

    def open(self, digest: str) -> bytes:
        """Return the content of that digest; raises `CannotMeasure` if it is gone or changed."""
        path = self.folder / digest
        if not _DIGEST.fullmatch(digest):
            raise CannotMeasure("this is no digest of a file", where=digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CannotMeasure(
                "a file of the run is not there",
                where=str(path),
                why=error.strerror or "",
                remedy="`cutline redact` drops one with a reason in the journal; look there",
            ) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise CannotMeasure("a file of the run is not what was kept", where=str(path))
        return content
