"""The line to a PostgreSQL server that may go silent."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from cutline.run.within import if_longer_than

_LEAST_CONNECT_S = 2  # libpq takes less for none at all
_GRACE_S = 1.0  # for the server to end the statement itself


def connect_timeout_s(timeout_s: float) -> int:
    """Return what libpq is told so that it connects within `timeout_s`, in its whole seconds."""
    return max(math.ceil(timeout_s), _LEAST_CONNECT_S)


@contextmanager
def hung_up_on(connection: psycopg.Connection[Any], timeout_s: float) -> Iterator[None]:
    """Close the line under a connection that is still used when its time is over."""
    own = socket.socket(fileno=socket.dup(connection.fileno()))

    def hang_up() -> None:
        with suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)

    with own, if_longer_than(timeout_s + _GRACE_S, hang_up):
        yield
