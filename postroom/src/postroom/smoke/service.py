"""The service under test, over HTTP: every request says which source it is about."""

from __future__ import annotations

import itertools
import secrets
from types import TracebackType
from typing import Any, Final, Self

import httpx

OURS: Final = "smoke-"
"""How the request ids of every smoke test begin: its refusals on purpose are nobody's trouble."""

_TIMEOUT_S: Final = 30.0


class Service:
    """A running service and one of its sources.

    With `generation` every question goes to that generation of the source, which nobody is served
    from yet.
    """

    def __init__(
        self,
        base_url: str,
        source_id: str,
        *,
        token: str | None = None,
        generation: int | None = None,
        source_header: str = "X-Source-ID",
    ) -> None:
        self.source_id = source_id
        self.generation = generation
        self.source_header = source_header
        self.run: Final = OURS + secrets.token_hex(4)
        self._numbers = itertools.count(1)
        known = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=base_url, headers=known, timeout=_TIMEOUT_S)

    def get(self, path: str, *, source: str | None = None, **query: object) -> httpx.Response:
        """Ask for `path`, of another source if one is named."""
        return self.send("GET", path, self.headers(source), params=query)

    def change(
        self, method: str, path: str, *, source: str | None = None, json: object = None
    ) -> httpx.Response:
        """Send a change; it names the generation too, where it has to be refused."""
        given: dict[str, Any] = {} if json is None else {"json": json}
        return self.send(method, path, self.headers(source), **given)

    def send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        **given: Any,  # noqa: ANN401  # httpx's
    ) -> httpx.Response:
        """Send a request with these headers and no source but theirs."""
        numbered = {"X-Request-ID": f"{self.run}-{next(self._numbers)}", **headers}
        return self._client.request(method, path, headers=numbered, **given)

    def headers(self, source: str | None = None) -> dict[str, str]:
        """Give the headers of a request about `source`, else about the source under test."""
        named = {self.source_header: source or self.source_id}
        if self.generation is not None and source is None:
            named["X-Generation"] = str(self.generation)
        return named

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()
