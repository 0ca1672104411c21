"""The object store in a bucket of S3, or of what speaks like it."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from boto3.s3.transfer import TransferConfig

from cutline.s3 import client
from postroom.errors import DiskRefused, NoSuchObject, NotReadable
from postroom.store.keys import below, checked
from postroom.store.s3_trouble import FAILURES, away, problem, says_only_404
from postroom.store.scratch import scratch_folder
from postroom.store.store import Stored

_PART_BYTES: Final = 8 << 20
_MOST_PARTS: Final = 9_000  # S3 takes 10,000
_AT_ONCE: Final = 8
_A_PAGE: Final = 1_000


class S3Store:
    """Objects in `bucket`; a key here is the object's without `prefix/`.

    Endpoint, region and credentials come from the usual environment of AWS. An object appears whole
    when its upload ends; one that is killed leaves parts that no reader sees.
    """

    def __init__(self, bucket: str, prefix: str = "", *, scratch: Path | None = None) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.scratch_root = scratch or Path(tempfile.gettempdir()) / f"postroom-{os.getuid()}"
        self._client = client()

    @property
    def url(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def at_once(self) -> int:
        """Each request waits for its answer by itself."""
        return _AT_ONCE

    def exists(self, key: str) -> bool:
        """Ask by HEAD."""
        try:
            self.size(key)
        except NoSuchObject:
            return False
        return True

    def size(self, key: str) -> int:
        """Ask by HEAD."""
        name = self._name(key)
        with self._asking("HeadObject", key):
            return int(self._client.head_object(Bucket=self.bucket, Key=name)["ContentLength"])

    def put_file(self, source: Path, key: str) -> Stored:
        """Upload what is read, hashing it on the way, in parts of which S3 checks each."""
        name = self._name(key)
        try:
            size_bytes = source.stat().st_size
            with source.open("rb") as file:
                hashed = _Hashed(file)
                self._upload(hashed, name, key, size_bytes)
        except OSError as error:
            raise NotReadable(
                "the file cannot be read",
                where=str(source),
                why=error.strerror or str(error),
                remedy="check the path and its permissions",
            ) from error
        return Stored(key, hashed.size_bytes, hashed.sha256)

    def take_file(self, source: Path, key: str, sha256: str) -> Stored:
        """Upload a file of our own and remove it; S3 holds what fits into one put to `sha256`."""
        try:
            size_bytes = self._send(source, self._name(key), key, sha256)
            source.unlink()
        except OSError as error:
            raise NotReadable(
                "the file cannot be read",
                where=str(source),
                why=error.strerror or str(error),
                remedy="run the command again",
            ) from error
        return Stored(key, size_bytes, sha256)

    def put_bytes(self, key: str, content: bytes) -> None:
        """Put the object at once."""
        name = self._name(key)
        with self._asking("PutObject", key, is_write=True):
            self._client.put_object(Bucket=self.bucket, Key=name, Body=content)

    def read_bytes(self, key: str) -> bytes:
        """Get the object at once."""
        name = self._name(key)
        with self._asking("GetObject", key):
            answer = self._client.get_object(Bucket=self.bucket, Key=name)
            return bytes(answer["Body"].read())

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Download the object into a folder of its own; it is refused if it changes meanwhile."""
        name = self._name(key)
        with self.scratch() as folder:
            path = folder / key.rpartition("/")[2]
            try:
                with self._asking("GetObject", key):
                    self._client.download_file(self.bucket, name, str(path), Config=_transfer(0))
            except OSError as error:
                raise DiskRefused(
                    "there is no room for a copy of this object",
                    where=str(folder),
                    why=error.strerror or str(error),
                    remedy="make room, or name another place: POSTROOM_SCRATCH=DIR",
                ) from error
            yield path

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """Get the object as it is read."""
        name = self._name(key)
        with self._asking("GetObject", key):
            body = self._client.get_object(Bucket=self.bucket, Key=name)["Body"]
        with io.BufferedReader(
            _Body(body, lambda: self._asking("GetObject", key)), 1 << 18
        ) as file:
            yield file

    def keys(self, prefix: str) -> Iterator[str]:
        """List the objects, a thousand a request."""
        return (key for key, _ in self.sizes(prefix))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """List the objects, a thousand a request."""
        start = below(self.prefix)
        with self._asking("ListObjectsV2", prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket,
                Prefix=start + below(prefix),
                PaginationConfig={"PageSize": _A_PAGE},
            )
            for page in pages:
                for found in page.get("Contents", ()):
                    yield str(found["Key"]).removeprefix(start), int(found["Size"])

    def scratch(self) -> AbstractContextManager[Path]:
        """Give a folder on this machine."""
        return scratch_folder(self.scratch_root)

    def put_folder(self, folder: Path, prefix: str, *, last: str) -> None:
        """Upload the files, some at the same time."""
        paths = (path for path in _files(folder) if path != folder / last)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            sent = (pool.submit(self._send_below, prefix, folder, path) for path in paths)
            _all_well(sent)
        self._send_below(prefix, folder, folder / last)

    def remove(self, key: str) -> None:
        """Delete the object; of a bucket with versions, the newest is hidden."""
        name = self._name(key)
        with self._asking("DeleteObject", key, is_write=True):
            self._client.delete_object(Bucket=self.bucket, Key=name)

    def clear(self, prefix: str, *, first: str, keep: frozenset[str] = frozenset()) -> None:
        """Delete the object `first`, then the others by a thousand a request."""
        self.remove(f"{prefix}/{first}")
        kept = tuple(f"{prefix}/{folder}/" for folder in keep)
        gone = (key for key in self.keys(prefix) if not key.startswith(kept))
        while some := list(islice(gone, _A_PAGE)):
            self._delete(prefix, some)

    def _delete(self, prefix: str, keys: Sequence[str]) -> None:
        names = [{"Key": self._name(key)} for key in keys]
        with self._asking("DeleteObjects", prefix, is_write=True):
            answer = self._client.delete_objects(
                Bucket=self.bucket, Delete={"Objects": names, "Quiet": True}
            )
            if answer.get("Errors"):
                said = {"Error": answer["Errors"][0]}
                raise self._client.exceptions.ClientError(said, "DeleteObjects")

    def _name(self, key: str) -> str:
        return checked(below(self.prefix) + key)

    @contextmanager
    def _asking(self, action: str, key: str, *, is_write: bool = False) -> Iterator[None]:
        """Turn what goes wrong in a request about `key` into an error of ours."""
        try:
            yield
        except FAILURES as error:
            if says_only_404(error) and not self._has_bucket(key):
                raise away(self.url, key, f"{action}: there is no bucket {self.bucket}") from error
            raise problem(action, self.url, key, error, is_write=is_write) from error

    def _has_bucket(self, key: str) -> bool:
        try:
            self._client.head_bucket(Bucket=self.bucket)
        except FAILURES as error:
            if says_only_404(error):
                return False
            raise problem("HeadBucket", self.url, key, error, is_write=False) from error
        return True

    def _send_below(self, prefix: str, folder: Path, path: Path) -> None:
        key = f"{prefix}/{path.relative_to(folder).as_posix()}"
        try:
            self._send(path, self._name(key), key)
        except OSError as error:
            raise NotReadable(
                "an output cannot be read back",
                where=str(path),
                why=error.strerror or str(error),
                remedy="run the command again",
            ) from error

    def _send(self, path: Path, name: str, key: str, sha256: str = "") -> int:
        """Upload a file that nobody changes; hand back its size."""
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            if size_bytes > _PART_BYTES:
                self._upload(file, name, key, size_bytes)
                return size_bytes
            more = {"ChecksumSHA256": _base64(sha256)} if sha256 else {}
            with self._asking("PutObject", key, is_write=True):
                self._client.put_object(Bucket=self.bucket, Key=name, Body=file, **more)
        return size_bytes

    def _upload(self, file: Any, name: str, key: str, size_bytes: int) -> None:  # noqa: ANN401  # has `read`
        with self._asking("PutObject", key, is_write=True):
            self._client.upload_fileobj(file, self.bucket, name, Config=_transfer(size_bytes))


class _Hashed:
    """Reads a file from beginning to end and hashes what it hands on; cannot go back."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest, self.size_bytes = file, hashlib.sha256(), 0

    def read(self, most: int = -1) -> bytes:
        piece = self._file.read(most)
        self._digest.update(piece)
        self.size_bytes += len(piece)
        return piece

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class _Body(io.RawIOBase):
    """The body of an answer as a file whose errors are ours."""

    def __init__(self, body: Any, asking: Callable[[], AbstractContextManager[None]]) -> None:  # noqa: ANN401
        self._body, self._asking = body, asking

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # as RawIOBase has it
        with self._asking():
            piece = self._body.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._body.close()
        super().close()


def _transfer(size_bytes: int) -> TransferConfig:
    part_bytes = max(_PART_BYTES, -(-size_bytes // _MOST_PARTS))
    config = TransferConfig(
        multipart_threshold=_PART_BYTES,
        multipart_chunksize=part_bytes,
        max_concurrency=4,
        preferred_transfer_client="classic",
    )
    config.max_in_memory_upload_chunks = 4
    return config


def _all_well(sent: Iterable[Future[None]]) -> None:
    """Wait for every one, with a bounded number on its way; raise what the first raises."""
    waiting: set[Future[None]] = set()
    more = iter(sent)
    while True:
        waiting |= set(islice(more, 2 * _AT_ONCE - len(waiting)))
        if not waiting:
            return
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
