"""Object stores: does an object exist, and how big is it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cutline.errors import CannotMeasure


class Store(Protocol):
    """A place where objects lie."""

    def size_bytes(self, key: str) -> int | None:
        """Return the size of an object, None if there is none.

        Raises `CannotMeasure` if that cannot be told.
        """


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A folder; a key is a path inside it. A key that leads out of it names no object."""

    root: Path

    def size_bytes(self, key: str) -> int | None:
        """Return the size of a file in the folder."""
        root = self.root.resolve()
        path = (root / key).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return None
        return path.stat().st_size


@dataclass(frozen=True, slots=True)
class S3Store:
    """A bucket in S3, asked by HEAD."""

    bucket: str
    client: Any

    def size_bytes(self, key: str) -> int | None:
        """Return the size of an object in the bucket."""
        errors = importlib.import_module("botocore.exceptions")
        try:
            return int(self.client.head_object(Bucket=self.bucket, Key=key)["ContentLength"])
        except errors.ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return None
            raise CannotMeasure("S3 did not answer", where=self.bucket, why=str(error)) from error
        except errors.BotoCoreError as error:
            raise CannotMeasure(
                "S3 cannot be reached", where=self.bucket, why=str(error)
            ) from error


def open_store(bucket: str, folder: Path | None) -> Store:
    """Return the store of a bucket: `local` is the folder, everything else is S3."""
    if bucket == "local":
        if folder is None or not folder.is_dir():
            raise CannotMeasure(
                "the objects of bucket local cannot be looked at",
                where=str(folder or "no folder was named"),
                remedy="name the object store by --store PATH",
            )
        return FolderStore(folder)
    try:
        boto3 = importlib.import_module("boto3")
    except ImportError as error:
        raise CannotMeasure(
            "objects in S3 cannot be looked at",
            where=bucket,
            why="boto3 is not installed",
            remedy="pip install boto3",
        ) from error
    return S3Store(bucket, boto3.client("s3"))
