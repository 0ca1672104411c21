"""What lies in a run's folder or in its tar, and what of it is evidence."""

from __future__ import annotations

import hashlib
import mmap
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cutline.evidence.blobs import FILES
from cutline.evidence.entry import Entry
from cutline.evidence.head import HEADS
from cutline.evidence.journal import JOURNAL
from cutline.evidence.pack import unpack

MANIFEST = "manifest.sha256"
TAR = "evidence.tar"
SEALED = "60_evidence_seal_manifest.json"
UPLOADED = "70_worm_upload_stdout.txt"
# Beside the tar: receipts of the seal, the programs that check it, and mail for the driver.
RECEIPTS = frozenset(
    {
        SEALED,
        UPLOADED,
        TAR,
        f"{TAR}.gz",
        f"{TAR}.sha256",
        f"{TAR}.intoto.json",
        "verify.py",
    }
)
_INBOX = "inbox"
_PASSING = (".lock", ".partial")
# Members of an entry's data whose digests name files of the run.
_REFERRING = frozenset({"file", "files", "lists", "output"})
_HEX_CHARACTERS = 64
_GZIP = b"\x1f\x8b"


class Contents:
    """Files by name, read on demand; `names` are sorted as their bytes are."""

    def __init__(self, readers: Mapping[str, Callable[[], memoryview]]) -> None:
        self._readers = readers
        self.names = sorted(readers, key=str.encode)
        self._digests: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._readers

    def read(self, name: str) -> bytes:
        """Return the bytes of a file."""
        return bytes(self._readers[name]())

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file, in hex."""
        if name not in self._digests:
            self._digests[name] = hashlib.sha256(self._readers[name]()).hexdigest()
        return self._digests[name]


def of_folder(folder: Path) -> Contents:
    """Return the evidence in a run's folder, without what is beside it."""
    return Contents({name: _reader(path) for name, path in listed(folder).items()})


def of_tar(path: Path) -> Contents:
    """Return the evidence in a tar, plain or gzipped; raises `pack.NotAsSealed`."""
    with path.open("rb") as opened:
        if opened.read(2) != _GZIP:
            return _of_open(opened)
    with tempfile.TemporaryFile() as plain:
        _gunzip(path, plain)
        return _of_open(plain)


def _gunzip(path: Path, out: BinaryIO) -> None:
    import gzip  # noqa: PLC0415  # only the seed's .tar.gz needs it
    import zlib  # noqa: PLC0415

    try:
        with gzip.open(path) as source:
            shutil.copyfileobj(source, out)
        out.flush()
    except zlib.error as error:
        raise OSError(f"the gzip data are damaged: {error}") from error


def _of_open(tar: BinaryIO) -> Contents:
    size = tar.seek(0, 2)
    view = memoryview(mmap.mmap(tar.fileno(), 0, access=mmap.ACCESS_READ) if size else b"")
    readers: dict[str, Callable[[], memoryview]] = {}
    for name, content in unpack(view):
        readers[name] = partial(_itself, content)
    return Contents(readers)


def _itself(content: memoryview) -> memoryview:
    return content


def _reader(path: Path) -> Callable[[], memoryview]:
    return lambda: memoryview(path.read_bytes())


def listed(folder: Path) -> dict[str, Path]:
    """Return every file of a run that is evidence, by its name with `/` between the parts."""
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    return {name: path for name, path in found.items() if is_evidence(name)}


def is_evidence(name: str) -> bool:
    """Say whether a file of a run's folder is sealed: not the receipts, inbox, locks, dot files."""
    parts = name.split("/")
    return not (
        name in RECEIPTS
        or parts[0] == _INBOX
        or any(part.startswith(".") for part in parts)
        or name.endswith(_PASSING)
        or parts[-1] == "lock"
    )


def is_in_manifest(name: str) -> bool:
    """Say whether the manifest lists a file: every one but itself, the journal and the heads."""
    return name not in {MANIFEST, JOURNAL} and not name.startswith(f"{HEADS}/")


def manifest(contents: Contents) -> bytes:
    """Return the manifest in the form of `sha256sum`, sorted by name."""
    names = filter(is_in_manifest, contents.names)
    return "".join(f"{contents.digest(name)}  {name}\n" for name in names).encode()


def referred(entries: Iterator[Entry] | list[Entry]) -> dict[str, int]:
    """Return each digest of a file that an entry refers to, with the first such entry's number."""
    found: dict[str, int] = {}
    for entry in entries:
        for digest in _digests(entry.data, within=False):
            found.setdefault(digest, entry.seq)
    return found


def _digests(value: object, *, within: bool) -> Iterator[str]:
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _digests(inner, within=within or key in _REFERRING)
        case list():
            for inner in value:
                yield from _digests(inner, within=within)
        case str() if within and _is_digest(value):
            yield value
        case _:
            return


def _is_digest(text: str) -> bool:
    return len(text) == _HEX_CHARACTERS and not set(text) - set("0123456789abcdef")


def line_digest(content: bytes, line: int) -> str:
    """Return the SHA-256 of a line, counted from 1, without its line feed."""
    return hashlib.sha256(content.split(b"\n")[line - 1]).hexdigest()


def blob(digest: str) -> str:
    """Return the name of a file that is named by its digest."""
    return f"{FILES}/{digest}"
