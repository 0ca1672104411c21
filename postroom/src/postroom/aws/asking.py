"""How AWS is asked, and what it says when it cannot, as errors of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from postroom.errors import AwsAway, AwsRefused

FAILURES: Final = (BotoCoreError, ClientError)
_CONNECT_S: Final = 5
_READ_S: Final = 30


def client(service: str) -> Any:  # noqa: ANN401  # boto3 makes its classes at run time
    """Return a client by the environment; raises `AwsAway` where it names no region."""
    config = Config(connect_timeout=_CONNECT_S, read_timeout=_READ_S)
    with asking(service):
        return boto3.client(service, config=config)


@contextmanager
def asking(of: str, *, is_write: bool = False) -> Iterator[None]:
    """Turn what AWS raises into `AwsAway`, or into `AwsRefused` where something was to change."""
    try:
        yield
    except FAILURES as error:
        if is_write:
            raise AwsRefused(
                "AWS did not change this",
                where=of,
                why=said(error),
                remedy="see what it says; postroom doctor --aws shows how things stand",
            ) from error
        raise AwsAway(
            "AWS does not say",
            where=of,
            why=said(error),
            remedy="check the credentials, AWS_DEFAULT_REGION and the stack's operator policy",
        ) from error


def code(error: Exception) -> str:
    """Return AWS's own code of an error, or nothing."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def said(error: Exception) -> str:
    """Return what AWS said, in one line."""
    return " ".join(str(error).split())[:300]
