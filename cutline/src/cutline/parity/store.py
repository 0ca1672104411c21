"""Object stores: does an object exist, and how big is it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from cutline.errors import CannotMeasure

_ABSENT: Final = ("404", "NoSuchKey", "NotFound")


class Store(Protocol):
    """A place where objects lie."""

    at_once: int
    """How many may be asked about at the same time."""

    def size_bytes(self, key: str) -> int | None:
        """Return the size of an object, None if there is none.

        Raises `CannotMeasure` if that cannot be told.
        """


@dataclass(slots=True)
class FolderStore:
    """A folder; a key is a path inside it. A key that leads out of it names no object."""

    root: Path
    at_once: int = 1

    def size_bytes(self, key: str) -> int | None:
        """Return the size of a file in the folder."""
        root = self.root.resolve()
        path = (root / key).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return None
        return path.stat().st_size


@dataclass(slots=True)
class S3Store:
    """A bucket in S3, asked by HEAD; keys lie below `prefix`."""

    bucket: str
    client: Any
    prefix: str = ""
    at_once: int = 16

    def size_bytes(self, key: str) -> int | None:
        """Return the size of an object in the bucket."""
        name = f"{self.prefix}/{key}" if self.prefix else key
        answer = self._asked("HeadObject", self.client.head_object, Bucket=self.bucket, Key=name)
        return None if answer is None else int(answer["ContentLength"])

    def require(self) -> None:
        """Raise `CannotMeasure` unless there is such a bucket: its objects would all be missing."""
        if self._asked("HeadBucket", self.client.head_bucket, Bucket=self.bucket) is None:
            raise CannotMeasure(
                "there is no such bucket",
                where=self.bucket,
                why="the archive says that its objects lie there",
                remedy="AWS_ENDPOINT_URL and the credentials say which S3 is asked",
            )

    def _asked(self, action: str, ask: Any, **what: str) -> Any:  # noqa: ANN401  # boto3 has no types
        errors = importlib.import_module("botocore.exceptions")
        try:
            return ask(**what)
        except errors.ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise _silent(self.bucket, f"{action}: {error}") from error
        except errors.BotoCoreError as error:
            raise _silent(self.bucket, f"{action}: {error}") from error


def open_store(bucket: str, place: str | Path | None) -> Store:
    """Return the store of a bucket: `local` is the folder `place`, everything else is S3.

    Where `place` is `s3://bucket/prefix` of the same bucket, its objects lie below that prefix.
    """
    given = urlsplit(str(place)) if place is not None else urlsplit("")
    if bucket == "local":
        if place is None or given.scheme == "s3" or not Path(place).is_dir():
            raise CannotMeasure(
                "the objects of bucket local cannot be looked at",
                where=str(place or "no folder was named"),
                remedy="name the object store by --store PATH",
            )
        return FolderStore(Path(place))
    try:
        client = importlib.import_module("cutline.s3").client
    except ImportError as error:
        raise CannotMeasure(
            "objects in S3 cannot be looked at",
            where=bucket,
            why="boto3 is not installed",
            remedy="pip install boto3",
        ) from error
    is_named = given.scheme == "s3" and given.netloc == bucket
    store = S3Store(bucket, client(), given.path.strip("/") if is_named else "")
    store.require()
    return store


def _silent(bucket: str, why: str) -> CannotMeasure:
    return CannotMeasure(
        "S3 does not answer as it should",
        where=bucket,
        why=" ".join(why.split())[:300],
        remedy="AWS_ENDPOINT_URL and the credentials say which S3 is asked; HEAD needs"
        " s3:GetObject and s3:ListBucket",
    )
