"""An S3 bucket with versioning and Object Lock; every check names the version it is about."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cutline.errors import CannotWrite
from cutline.evidence.refusals import LockNotEnforced, OtherObject, StoreUnreachable
from cutline.evidence.worm import MODES, Receipt, Shown
from cutline.s3 import client

_LARGEST_PUT = 5 * 1024**3
_CANARY_S = 86_400.0
_EXISTS = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
_ABSENT = {"NoSuchKey", "NoSuchVersion", "404", "NotFound"}


class S3Store:
    """Keeps each object as the first version of its key, locked until its date."""

    def __init__(self, bucket: str, prefix: str, mode: str, keep_s: float) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self.uri = f"s3://{bucket}/{prefix}"
        self.mode = mode
        self.keep_s = keep_s
        self.client = client()

    def put(self, name: str, content: bytes | Path, at: datetime) -> Receipt:
        """Put the object once, under the lock, and look at the version that was made."""
        return self._put(name, content, at + timedelta(seconds=self.keep_s))

    def get(self, name: str) -> bytes:
        """Return the first version under a name, whatever was put or deleted over it."""
        versions = self._versions(self.prefix + name, exact=True)
        if not versions:
            raise StoreUnreachable("the store has no such object", where=f"{self.uri}/{name}")
        # Listed newest first, with whole seconds: of the oldest, the last one listed counts.
        first = min(reversed(versions), key=lambda version: version["LastModified"])
        with self._asking("GetObject", name, "s3:GetObjectVersion"):
            answer = self.client.get_object(
                Bucket=self.bucket, Key=first["Key"], VersionId=first["VersionId"]
            )
            return bytes(answer["Body"].read())

    def names(self, under: str) -> list[str]:
        """Return the names that begin with `under`, also those hidden by a delete marker."""
        versions = self._versions(self.prefix + under, exact=False)
        return sorted({str(one["Key"]).removeprefix(self.prefix) for one in versions})

    def canary(self, at: datetime) -> Shown:
        """Lock a small object for a day, try to delete it and to shorten its lock, look again."""
        self._require_versioning()
        name = f"canary/{secrets.token_hex(8)}"
        receipt = self._put(name, b"cutline canary\n", at + timedelta(seconds=_CANARY_S))
        where = {"Bucket": self.bucket, "Key": receipt.key, "VersionId": receipt.version_id}
        with contextlib.suppress(ClientError):
            self.client.put_object_retention(
                **where,
                Retention={
                    "Mode": self.mode,
                    "RetainUntilDate": at + timedelta(seconds=_CANARY_S / 2),
                },
            )
        with contextlib.suppress(ClientError):
            self.client.delete_object(**where)
        try:
            seen = self.client.head_object(**where)
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise self._unlocked(name, "a locked version could be deleted") from error
            raise self._unreachable("HeadObject", name, error, "s3:GetObjectVersion") from error
        if _retain(seen) != receipt.verified_retain_until:
            raise self._unlocked(name, "the lock of a version could be shortened")
        return Shown(
            is_worm=True,
            words=f"bucket {self.bucket} enforces Object Lock in mode {self.mode}: a locked canary"
            " could be neither deleted nor unlocked",
        )

    def head(self, key: str, version_id: str) -> Mapping[str, Any]:
        """Return what the store shows of one version."""
        with self._asking("HeadObject", key, "s3:GetObjectVersion, s3:GetObjectRetention"):
            seen: Mapping[str, Any] = self.client.head_object(
                Bucket=self.bucket, Key=key, VersionId=version_id, ChecksumMode="ENABLED"
            )
            return seen

    def _put(self, name: str, content: bytes | Path, until: datetime) -> Receipt:
        key = self.prefix + name
        until = until.astimezone(UTC).replace(microsecond=0)
        digest, size = _measured(content)
        if size > _LARGEST_PUT:
            raise CannotWrite(
                "the object is too large for one put",
                where=name,
                why=f"{size} bytes, 5 GiB at most",
            )
        try:
            with _body(content) as body:
                answer = self.client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(digest)).decode(),
                    IfNoneMatch="*",
                    ObjectLockMode=self.mode,
                    ObjectLockRetainUntilDate=until,
                )
        except ClientError as error:
            if _code(error) in _EXISTS:
                return self._kept_before(name, digest, size, until)
            raise self._unreachable(
                "PutObject", name, error, "s3:PutObject, s3:PutObjectRetention"
            ) from error
        except BotoCoreError as error:
            raise self._unreachable("PutObject", name, error, "") from error
        version = answer.get("VersionId")
        if not version:
            raise self._unlocked(name, "the bucket gave no version: versioning is off")
        seen = self.head(key, version)
        why = _weaker(seen, digest, self.mode, until)
        if why:
            raise self._unlocked(name, why)
        return self._receipt(name, digest, size, until, seen, (_said(answer), _said(seen)))

    def _kept_before(self, name: str, digest: str, size: int, until: datetime) -> Receipt:
        """Return the receipt of a version that was put before, with our digest and lock."""
        why = "its versions cannot be seen"
        for version in self._versions(self.prefix + name, exact=True):
            seen = self.head(version["Key"], version["VersionId"])
            why = _weaker(seen, digest, self.mode, until)
            if not why:
                said = (json.dumps({"PutObject": "412 PreconditionFailed"}), _said(seen))
                return self._receipt(name, digest, size, until, seen, said, is_reused=True)
        raise OtherObject(
            "the store keeps something else under this name",
            where=f"s3://{self.bucket}/{self.prefix}{name}",
            why=why,
            remedy="look at its versions: aws s3api list-object-versions",
        )

    def _receipt(  # what a receipt is made of
        self,
        name: str,
        digest: str,
        size: int,
        until: datetime,
        seen: Mapping[str, Any],
        said: tuple[str, ...],
        *,
        is_reused: bool = False,
    ) -> Receipt:
        return Receipt(
            name,
            self.bucket,
            self.prefix + name,
            str(seen["VersionId"]),
            str(seen.get("ETag", "")).strip('"'),
            digest,
            size,
            self.mode,
            _stamp(until),
            str(seen["ObjectLockMode"]),
            _retain(seen),
            said,
            is_reused,
        )

    def _versions(self, prefix: str, *, exact: bool) -> list[Mapping[str, Any]]:
        with self._asking("ListObjectVersions", prefix, "s3:ListBucketVersions"):
            pages = self.client.get_paginator("list_object_versions").paginate(
                Bucket=self.bucket, Prefix=prefix
            )
            found = [version for page in pages for version in page.get("Versions", [])]
        return [version for version in found if not exact or version["Key"] == prefix]

    def _require_versioning(self) -> None:
        with self._asking("GetBucketVersioning", "", "s3:GetBucketVersioning"):
            status = self.client.get_bucket_versioning(Bucket=self.bucket).get("Status")
        if status != "Enabled":
            raise self._unlocked("", f"versioning is {status or 'off'}")

    def _unlocked(self, name: str, why: str) -> LockNotEnforced:
        return LockNotEnforced(
            "the store does not keep what it was given",
            where=f"s3://{self.bucket}/{self.prefix}{name}",
            why=why,
            remedy=f"make a bucket with Object Lock, then: cutline doctor --worm {self.uri}",
        )

    @contextlib.contextmanager
    def _asking(self, action: str, name: str, right: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise self._unreachable(action, name, error, right) from error

    def _unreachable(
        self, action: str, name: str, error: ClientError | BotoCoreError, right: str
    ) -> StoreUnreachable:
        return StoreUnreachable(
            f"the store did not do {action}",
            where=f"s3://{self.bucket}/{name}",
            why=f"{error}" + (f" (needs {right})" if right else ""),
            remedy=f"cutline doctor --worm {self.uri}",
        )


def _measured(content: bytes | Path) -> tuple[str, int]:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest(), len(content)
    with content.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest(), content.stat().st_size


@contextlib.contextmanager
def _body(content: bytes | Path) -> Iterator[Any]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as opened:
        yield opened


def _weaker(seen: Mapping[str, Any], digest: str, mode: str, until: datetime) -> str:
    """Say in what a version falls short of our digest and lock; empty if in nothing."""
    checksum = seen.get("ChecksumSHA256")
    if checksum != base64.b64encode(bytes.fromhex(digest)).decode():
        return f"version {seen.get('VersionId')} has another checksum"
    has_mode = seen.get("ObjectLockMode")
    if has_mode not in MODES or (has_mode != mode and mode == "COMPLIANCE"):
        return f"version {seen.get('VersionId')} has the lock mode {has_mode or 'none'}, not {mode}"
    if _retain(seen) < _stamp(until):
        return f"version {seen.get('VersionId')} is kept until {_retain(seen)}, not {_stamp(until)}"
    return ""


def _retain(seen: Mapping[str, Any]) -> str:
    until = seen.get("ObjectLockRetainUntilDate")
    return _stamp(until) if isinstance(until, datetime) else ""


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _said(answer: Mapping[str, Any]) -> str:
    """Return an answer as JSON, without the headers, which tell of hosts and not of objects."""
    told = {key: value for key, value in answer.items() if key not in {"ResponseMetadata", "Body"}}
    return json.dumps(told, default=_plain, sort_keys=True)


def _plain(value: object) -> str:
    return _stamp(value) if isinstance(value, datetime) else str(value)
