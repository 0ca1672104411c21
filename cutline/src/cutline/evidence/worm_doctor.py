"""A look at a WORM store for `cutline doctor --worm`: each right that is missing, by its name."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cutline.doctor import Finding
from cutline.errors import Problem
from cutline.evidence.worm import open_store
from cutline.evidence.worm_folder import NO_WORM

_DAY_S = 86_400.0


def look(uri: str, mode: str = "GOVERNANCE") -> Iterator[Finding]:
    """Yield one finding for each right and setting that sealing needs; puts a canary for a day."""
    store = open_store(uri, mode, _DAY_S)
    if urlsplit(uri).scheme == "file":
        yield _folder(Path(urlsplit(uri).path))
        return
    from cutline.evidence.worm_s3 import S3Store  # noqa: PLC0415  # boto3 takes its time

    assert isinstance(store, S3Store)  # noqa: S101  # open_store knows two kinds
    yield from _bucket(store.client, store.bucket)
    yield from _object(store.client, store.bucket, store.prefix, mode)
    try:
        yield Finding("lock", True, store.canary(datetime.now(UTC)).words)
    except Problem as problem:
        yield Finding("lock", False, f"{problem.what}: {problem.why}", problem.remedy)


def _folder(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Finding("store", False, f"{folder}: {error.strerror}", "name another folder")
    return Finding("store", True, f"{folder} is {NO_WORM}")


def _bucket(client: Any, bucket: str) -> Iterator[Finding]:  # noqa: ANN401  # boto3's own class
    yield _asked("s3:ListBucket", lambda: client.head_bucket(Bucket=bucket), "the bucket is there")
    yield _asked(
        "s3:GetBucketVersioning",
        lambda: _enabled(client.get_bucket_versioning(Bucket=bucket).get("Status")),
        "versioning is on",
    )
    yield _asked(
        "s3:GetBucketObjectLockConfiguration",
        lambda: _enabled(
            client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"].get(
                "ObjectLockEnabled"
            )
        ),
        "Object Lock is on",
    )
    yield _asked(
        "s3:ListBucketVersions",
        lambda: client.list_object_versions(Bucket=bucket, MaxKeys=1),
        "versions can be listed",
    )


def _object(client: Any, bucket: str, prefix: str, mode: str) -> Iterator[Finding]:  # noqa: ANN401
    """Put an object without a lock, one with a lock, and look at that version."""
    key = f"{prefix}canary/{secrets.token_hex(8)}"
    plain = {"Bucket": bucket, "Key": key, "Body": b"cutline\n", "ChecksumAlgorithm": "SHA256"}
    yield _asked("s3:PutObject", lambda: client.put_object(**plain), "objects can be put")
    made: dict[str, Any] = {}
    until = datetime.now(UTC) + timedelta(days=1)
    locked = {**plain, "Key": f"{key}-locked", "ObjectLockMode": mode}
    yield _asked(
        "s3:PutObjectRetention",
        lambda: made.update(client.put_object(**locked, ObjectLockRetainUntilDate=until)),
        f"objects can be locked in mode {mode}",
    )
    if "VersionId" not in made:
        return
    where = {"Bucket": bucket, "Key": locked["Key"], "VersionId": made["VersionId"]}
    yield _asked("s3:GetObjectVersion", lambda: client.head_object(**where), "versions can be seen")
    yield _asked(
        "s3:GetObjectRetention",
        lambda: client.get_object_retention(**where),
        "locks can be seen",
    )


def _enabled(status: str | None) -> None:
    if status != "Enabled":
        raise ValueError(f"it is {status or 'off'}")


def _asked(right: str, ask: Callable[[], object], well: str) -> Finding:
    """Return the finding about one right: what was seen, or what the store answered instead."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # with boto3

    try:
        ask()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        told = f"{code}: {error.response.get('Error', {}).get('Message', '')}"
        denied = code in {"AccessDenied", "403", "Forbidden"}
        remedy = f"grant {right}" if denied else "see what the store says; docs/evidence.md"
        return Finding(right, False, told, remedy)
    except (BotoCoreError, ValueError) as error:
        return Finding(right, False, str(error), "make the bucket with Object Lock enabled")
    return Finding(right, True, well)
