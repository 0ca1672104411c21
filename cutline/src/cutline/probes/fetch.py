"""One HTTP request with a bound for its whole time and for its size."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import httpx

from cutline.plan.duration import words
from cutline.probes.answer import LARGEST_BYTES, NoReading

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of a server, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def within(timeout_s: float, work: Coroutine[Any, Any, T]) -> T:
    """Run requests to their end, or raise `NoReading` when they take longer in all."""

    async def bounded() -> T:
        async with asyncio.timeout(timeout_s):
            return await work

    try:
        return asyncio.run(bounded())
    except TimeoutError as error:
        raise NoReading(f"no whole answer within {words(timeout_s)}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = str(error) or type(error).__name__
        raise NoReading("the request failed", why=said) from error


async def fetch(client: httpx.AsyncClient, request: httpx.Request) -> Fetched:
    """Send a request and read its answer; raises `NoReading` when that is too large.

    Redirects are not followed: where a probe measures is what the plan says.
    """
    response = await client.send(request, stream=True)
    try:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_BYTES:
                raise NoReading("the answer is too large", why=f"more than {LARGEST_BYTES} bytes")
        return Fetched(response.status_code, response.headers, bytes(body))
    finally:
        await response.aclose()


def client() -> httpx.AsyncClient:
    """Return a client without timeouts of its own: `within` has the one for all of it."""
    return httpx.AsyncClient(verify=_trusted(), timeout=None, follow_redirects=False)  # noqa: S113  # `within` bounds it


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Return whom we trust; reading the certificates costs more than a whole request."""
    return httpx.create_ssl_context()
