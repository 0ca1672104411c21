"""How S3 is reached, by everything here that reaches it."""

from __future__ import annotations

import os
from typing import Any, Final

import boto3
from botocore.config import Config

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_CONNECT_S: Final = 5
_READ_S: Final = 60
_AT_ONCE: Final = 32


def client() -> Any:  # noqa: ANN401  # boto3 makes its classes at run time
    """Return an S3 client by the environment; a named endpoint gets paths, not host names.

    It waits for a connection and for an answer no longer than it says here, and tries again as
    often as AWS's settings say: five times, without `AWS_MAX_ATTEMPTS`. Many threads may share it.
    """
    style = "path" if any(os.environ.get(name) for name in _ENDPOINTS) else "auto"
    config = Config(
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        max_pool_connections=_AT_ONCE,
        s3={"addressing_style": style},
    )
    return boto3.client("s3", config=config)
