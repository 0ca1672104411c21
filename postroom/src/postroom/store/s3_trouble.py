"""What S3 and the way to it can say, as errors of ours."""

from __future__ import annotations

from typing import Final

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError, S3UploadFailedError

from postroom.errors import NoSuchObject, NotReadable, NotStored, StoreAway

FAILURES: Final = (
    *(BotoCoreError, ClientError, Boto3Error),
    *(RetriesExceededError, S3DownloadFailedError, S3UploadFailedError),
)
"""What boto3 raises."""

_ABSENT: Final = ("NoSuchKey", "NoSuchVersion", "NotFound", "404")
_CHANGED: Final = ("PreconditionFailed", "412")
_HIDDEN: Final = ("AccessDenied", "Forbidden", "403")


def says_only_404(error: Exception) -> bool:
    """Whether it was a HEAD that found nothing: neither the object nor, perhaps, its bucket."""
    return _code(error) == "404"


def problem(
    action: str, url: str, key: str, error: Exception, *, is_write: bool
) -> NotReadable | StoreAway:
    """Make the error of ours for what went wrong in a request about `key`.

    boto3 has tried again by then, as often as its settings say and no more.
    """
    if is_write:
        return NotStored(
            "the object store did not take this object",
            where=f"{url}/{key}",
            why=_why(action, error),
            remedy="postroom doctor says what the store allows; then run the command again",
        )
    if _code(error) in _ABSENT:
        return NoSuchObject(key, f"{url} has no object of this key")
    if _code(error) in _CHANGED or isinstance(error, S3DownloadFailedError):
        return NotReadable(
            "the object changed while it was read",
            where=f"{url}/{key}",
            why="what was read of it belongs to no one object",
            remedy="find out who writes there; then run the command again",
        )
    return away(url, key, _why(action, error))


def away(url: str, key: str, why: str) -> StoreAway:
    """Make the error for a store that says nothing about its objects."""
    return StoreAway(
        "the object store does not answer as it should",
        where=f"{url}/{key}",
        why=why,
        remedy="postroom doctor looks at the store; AWS_ENDPOINT_URL names the endpoint",
    )


def _why(action: str, error: Exception) -> str:
    said = " ".join(str(error).split())[:300]
    if _code(error) in _HIDDEN:
        return f"{action}: {said} (without s3:ListBucket that is also said of what is not there)"
    return f"{action}: {said}"


def _code(error: Exception) -> str:
    said = error.response if isinstance(error, ClientError) else {}
    return str(said.get("Error", {}).get("Code", ""))
