"""An S3 on this machine, moto's server over a real socket, and the environment that leads to it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto.server import ThreadedMotoServer


@contextmanager
def moto_server() -> Iterator[str]:
    """Serve S3 on a free port; yield its endpoint."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def environment(endpoint: str) -> dict[str, str]:
    """Name the endpoint and credentials as AWS's programs read them; one attempt each."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }


def lead_to(endpoint: str, patch: pytest.MonkeyPatch) -> None:
    """Set that environment, with nothing of this machine's in it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name, value in environment(endpoint).items():
        patch.setenv(name, value)


def new_bucket() -> str:
    """Make a bucket where the environment leads to; return its name."""
    name = f"mail-{os.urandom(4).hex()}"
    boto3.client("s3").create_bucket(Bucket=name)
    return name
