"""The outputs of the extractor in a store, read and held to their manifest."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from postroom.errors import NoSuchObject, NotReadable
from postroom.store import Store

MANIFEST: Final = "manifest.json"
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
    """Outputs whose manifest was read; nothing else of them was looked at yet."""

    store: Store
    prefix: str
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

    def text(self, digest: str) -> str:
        """Read the large text of that SHA-256; raises `NotReadable` if it is another."""
        name = f"objects/{digest[:2]}/{digest}"
        try:
            content = self.store.read_bytes(self._key(name))
        except NoSuchObject as error:
            raise self._no_text(name, error.why) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise self._no_text(name, "its SHA-256 is another")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise self._no_text(name, "it is no UTF-8") from error

    def object_sizes(self) -> dict[str, int]:
        """Map the name of every object (`objects/ab/abcd…`) to its size in bytes."""
        start = len(self.prefix) + 1
        return {key[start:]: size for key, size in self.store.sizes(self._key("objects"))}

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
            with self.store.local(self._key(name)) as path, path.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece
        except NoSuchObject as error:
            raise self._broken(name, error.why) from error
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
            where=self._key(name),
            why=why,
            remedy=_AGAIN,
        )

    def _no_text(self, name: str, why: str) -> NotReadable:
        return NotReadable(
            "a large text cannot be put back into its column",
            where=self._key(name),
            why=why,
            remedy=_AGAIN,
        )

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}"


def read_outputs(store: Store, prefix: str, ingest_id: str, source_sha256: str | None) -> Outputs:
    """Read the manifest of the outputs below a prefix.

    Raises `NotReadable` if there is none (an extraction that did not end), it is of another format,
    of another ingest, or of another source than the one of that SHA-256.
    """
    key = f"{prefix}/{MANIFEST}"
    try:
        manifest = json.loads(store.read_bytes(key))
        outputs = _parsed(store, prefix, manifest)
    except NoSuchObject as error:
        raise _no_outputs(key, error.why) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _no_outputs(key, f"it cannot be read as a manifest: {error!r}") from error
    if outputs.ingest_id != ingest_id:
        raise _no_outputs(key, f"it is of ingest {outputs.ingest_id}, not {ingest_id}")
    if source_sha256 is not None and outputs.source_sha256 != source_sha256:
        raise _no_outputs(key, "it is of a source with another SHA-256 than the upload's")
    return outputs


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


def _parsed(store: Store, prefix: str, manifest: dict[str, Any]) -> Outputs:
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
    ingest_id = manifest["ingest_id"]
    return Outputs(store, prefix, ingest_id, program, source_sha256, counts, files)


def _no_outputs(key: str, why: str) -> NotReadable:
    return NotReadable("there are no outputs to load", where=key, why=why, remedy=_AGAIN)
