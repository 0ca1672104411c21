"""Idempotency keys: a request that is sent again is answered as it was, and done once.

The key, the digest of the request and its answer are one row, written in the transaction that does
the request's work. So there is no moment at which one is there without the other: a service that
dies has done all or nothing, and of requests with the same key at the same time one does the work
and the others wait for its commit.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from postroom.api.errors import BadRequest, Conflict
from postroom.archive.transaction import Transaction

_KEY: Final = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request with its key: `key` is of its caller, `request_sha256` of all that it asks for."""

    key: str
    request_sha256: str

    def known(self, tx: Transaction) -> dict[str, Any] | None:
        """Give the answer that this request got before; raises `Conflict` if another one did."""
        row = tx.row(
            "SELECT request_sha256, response FROM idempotency_keys WHERE key = :key", key=self.key
        )
        if row is None:
            return None
        if row["request_sha256"] != self.request_sha256:
            raise Conflict(
                "this key was used for another request",
                where="header Idempotency-Key",
                why="path, parameters or file differ from those of the first request",
                remedy="send a new request with a new key",
            )
        found: dict[str, Any] = json.loads(row["response"])
        return found

    def keep(self, tx: Transaction, answer: dict[str, Any], now: str) -> bool:
        """Keep the answer; False if a request with the same key was quicker."""
        return bool(
            tx.change(
                "INSERT INTO idempotency_keys (key, request_sha256, response, created_at)"
                " VALUES (:key, :sha256, :response, :now) ON CONFLICT (key) DO NOTHING",
                key=self.key,
                sha256=self.request_sha256,
                response=json.dumps(answer),
                now=now,
            )
        )


def check_key(key: str | None) -> None:
    """Raise `BadRequest` for a header that is no key, before a body is received for nothing."""
    if key is not None and not _KEY.fullmatch(key):
        raise BadRequest(
            "this is no idempotency key",
            where="header Idempotency-Key",
            why="a key is 1 to 200 printable characters of ASCII without blanks",
            remedy="a UUID is a good one: uuidgen",
        )


def keyed(key: str | None, caller: str, *request: object) -> Keyed | None:
    """Bind a key to its caller and its request; None without a key."""
    if key is None:
        return None
    own = hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()
    return Keyed(own, hashlib.sha256(json.dumps(request).encode()).hexdigest())
