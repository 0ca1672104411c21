"""A folder of outputs of the extractor, read and held to its manifest."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from postroom.errors import NotReadable

FORMAT: Final = 1
_PIECE_BYTES: Final = 1 << 18
_AGAIN: Final = "postroom task extract --ingest ID"


@dataclass(frozen=True, slots=True)
class Described:
    """What the manifest says about one output file."""

    name: str
    sha256: str
    size_bytes: int
    records: int
    uncompressed_size_bytes: int


@dataclass(frozen=True, slots=True)
class Outputs:
    """A folder whose manifest was read; nothing else of it was looked at yet."""

    folder: Path
    ingest_id: str
    program: str
    source_sha256: str
    counts: dict[str, int]
    files: dict[str, Described]

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the uncompressed content of a `.gz` output in pieces.

        Raises `NotReadable` at the end if size or digest of the compressed file are not those of
        the manifest, and at once where it is no gzip or is cut short.
        """
        digest, size_bytes, unzip = hashlib.sha256(), 0, _Members()
        for stored in self._stored(name):
            digest.update(stored)
            size_bytes += len(stored)
            try:
                yield from unzip.feed(stored)
            except zlib.error as error:
                raise self._broken(name, f"it cannot be decompressed: {error}") from error
        if not unzip.is_complete:
            raise self._broken(name, "it ends in the middle of a gzip member")
        self._compare(name, size_bytes, digest.hexdigest())

    def errors(self) -> Iterator[dict[str, Any]]:
        """Yield the records of `errors.ndjson`; raises `NotReadable` as `pieces` does."""
        name, digest, size_bytes, records = "errors.ndjson", hashlib.sha256(), 0, 0
        for line in _lines(self._stored(name)):
            digest.update(line)
            size_bytes += len(line)
            records += 1
            yield self._parsed(name, line)
        self._compare(name, size_bytes, digest.hexdigest())
        if records != self.files[name].records:
            raise self._broken(name, f"it has {records} records")

    def records(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the records of an `.ndjson.gz` output; raises `NotReadable` as `pieces` does."""
        for line in _lines(self.pieces(name)):
            yield self._parsed(name, line)

    def _parsed(self, name: str, line: bytes) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError as error:
            raise self._broken(name, "it has a line that is no JSON") from error
        if not isinstance(record, dict):
            raise self._broken(name, "it has a line that is no record")
        return record

    def _stored(self, name: str) -> Iterator[bytes]:
        try:
            with (self.folder / name).open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece
        except OSError as error:
            raise self._broken(name, error.strerror or str(error)) from error

    def _compare(self, name: str, size_bytes: int, sha256: str) -> None:
        said = self.files[name]
        if size_bytes != said.size_bytes:
            raise self._broken(name, f"it has {size_bytes} bytes, not {said.size_bytes}")
        if sha256 != said.sha256:
            raise self._broken(name, "its SHA-256 is another")

    def _broken(self, name: str, why: str) -> NotReadable:
        return NotReadable(
            "an output is not what its manifest says",
            where=str(self.folder / name),
            why=why,
            remedy=_AGAIN,
        )


def read_outputs(folder: Path, ingest_id: str, source_sha256: str | None) -> Outputs:
    """Read the manifest of a folder of outputs.

    Raises `NotReadable` if there is none (an extraction that did not end), it is of another format,
    of another ingest, or of another source than the one of that SHA-256.
    """
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
        outputs = _parsed(folder, manifest)
    except OSError as error:
        raise _no_outputs(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _no_outputs(path, f"it cannot be read as a manifest: {error!r}") from error
    if outputs.ingest_id != ingest_id:
        raise _no_outputs(path, f"it is of ingest {outputs.ingest_id}, not {ingest_id}")
    if source_sha256 is not None and outputs.source_sha256 != source_sha256:
        raise _no_outputs(path, "it is of a source with another SHA-256 than the upload's")
    return outputs


def object_sizes(folder: Path) -> dict[str, int]:
    """Map the key of every object (`objects/ab/abcd…`) to its size in bytes."""
    sizes: dict[str, int] = {}
    root = folder / "objects"
    if not root.is_dir():
        return sizes
    for part in os.scandir(root):
        with os.scandir(part.path) as entries:
            for entry in entries:
                sizes[f"objects/{part.name}/{entry.name}"] = entry.stat().st_size
    return sizes


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends; the last one may lack its end."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


class _Members:
    """Decompresses a file of many gzip members."""

    def __init__(self) -> None:
        self._unzip = zlib.decompressobj(wbits=31)
        self._is_begun = False

    @property
    def is_complete(self) -> bool:
        return not self._is_begun

    def feed(self, stored: bytes) -> Iterator[bytes]:
        while stored:
            self._is_begun = True
            if piece := self._unzip.decompress(stored):
                yield piece
            stored = b""
            if self._unzip.eof:
                stored = self._unzip.unused_data
                self._unzip, self._is_begun = zlib.decompressobj(wbits=31), False


def _parsed(folder: Path, manifest: dict[str, Any]) -> Outputs:
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']!r}, this version reads {FORMAT}")
    files = {
        name: Described(
            name,
            said["sha256"],
            said["size_bytes"],
            said["records"],
            said["uncompressed_size_bytes"],
        )
        for name, said in manifest["outputs"].items()
    }
    counts = {name: n for name, n in manifest["counts"].items() if isinstance(n, int)}
    source_sha256 = manifest["source"]["sha256"]
    program = manifest["program"]
    return Outputs(folder, manifest["ingest_id"], program, source_sha256, counts, files)


def _no_outputs(path: Path, why: str) -> NotReadable:
    return NotReadable("there are no outputs to load", where=str(path), why=why, remedy=_AGAIN)
