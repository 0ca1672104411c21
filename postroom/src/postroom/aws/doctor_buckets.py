"""A look at one bucket of a stack: closed, encrypted, by TLS only, and the evidence under lock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from cutline.doctor import Finding
from postroom.aws.asking import FAILURES, asking, client, code
from postroom.aws.names import Names

_DEPLOY: Final = "deploy infra/aws/template.yaml again; infra/aws/README.md says how"
_ABSENT: Final = (
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchBucketPolicy",
    "ServerSideEncryptionConfigurationNotFoundError",
    "ObjectLockConfigurationNotFoundError",
)


def look(names: Names, kind: str) -> Finding:
    """Look at the bucket `uploads`, `pipeline` or `evidence`; raises `AwsAway`."""
    s3, sts = client("s3"), client("sts")
    with asking("account"):
        account = sts.get_caller_identity()["Account"]
    bucket = names.bucket(kind, account, s3.meta.region_name)
    with asking(f"bucket {bucket}"):
        s3.head_bucket(Bucket=bucket)
    lacks = [word for word, holds in _rules(kind).items() if not holds(s3, bucket)]
    name = f"bucket {kind}"
    if lacks:
        return Finding(name, False, f"{bucket}: not {', not '.join(lacks)}", _DEPLOY)
    return Finding(name, True, f"{bucket}: {', '.join(_rules(kind))}")


def _rules(kind: str) -> dict[str, Callable[[Any, str], bool]]:
    found: dict[str, Callable[[Any, str], bool]] = {
        "closed to the public": _closed,
        "encrypted": _encrypted,
        "TLS only": _tls_only,
    }
    if kind in ("uploads", "evidence"):
        found["versioned"] = _versioned
    if kind == "evidence":
        found["under Object Lock"] = _locked
    return found


def _closed(s3: Any, bucket: str) -> bool:  # noqa: ANN401  # boto3's own class
    seen = _asked(bucket, lambda: s3.get_public_access_block(Bucket=bucket))
    rules = seen.get("PublicAccessBlockConfiguration", {})
    wanted = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return all(rules.get(name) is True for name in wanted)


def _encrypted(s3: Any, bucket: str) -> bool:  # noqa: ANN401  # boto3's own class
    seen = _asked(bucket, lambda: s3.get_bucket_encryption(Bucket=bucket))
    return bool(seen.get("ServerSideEncryptionConfiguration", {}).get("Rules"))


def _tls_only(s3: Any, bucket: str) -> bool:  # noqa: ANN401  # boto3's own class
    seen = _asked(bucket, lambda: s3.get_bucket_policy(Bucket=bucket))
    statements = json.loads(seen.get("Policy", "{}")).get("Statement", [])
    wanted = {"Bool": {"aws:SecureTransport": "false"}}
    return any(
        one.get("Effect") == "Deny"
        and one.get("Action") == "s3:*"
        and json.loads(json.dumps(one.get("Condition")).lower())
        == json.loads(json.dumps(wanted).lower())
        for one in statements
    )


def _versioned(s3: Any, bucket: str) -> bool:  # noqa: ANN401  # boto3's own class
    seen = _asked(bucket, lambda: s3.get_bucket_versioning(Bucket=bucket))
    return bool(seen.get("Status") == "Enabled")


def _locked(s3: Any, bucket: str) -> bool:  # noqa: ANN401  # boto3's own class
    seen = _asked(bucket, lambda: s3.get_object_lock_configuration(Bucket=bucket))
    return bool(seen.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")


def _asked(bucket: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return an answer, and an empty one where the bucket has no such setting."""
    try:
        return ask()
    except FAILURES as error:
        if code(error) in _ABSENT:
            return {}
        with asking(f"bucket {bucket}"):
            raise
