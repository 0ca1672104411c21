"""A switch behind HTTP: a number, or a JSON object with a member `percent`."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx

from cutline.errors import CannotMeasure, WrongUsage
from cutline.routing.percent import as_buckets

_TIMEOUT_S: Final = 3.0
_SIZE_LIMIT_BYTES: Final = 64 * 1024


class Http:
    """A resource that answers GET with 200; redirects are not followed.

    The fragment of the URL names the member of a JSON object, dots go deeper: `#flags.import`.
    """

    __slots__ = ("_client", "_member", "_url")

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongUsage("this URL names no switch", where="http:…", why="it has no host")
        if parts.password or parts.username:
            raise WrongUsage(
                "a password in the URL of a switch is refused",
                where=f"http:…{parts.path}",
                why="it would stand in settings, logs and tracebacks",
            )
        self._member = parts.fragment or "percent"
        self._url = urlunsplit(parts._replace(fragment=""))
        self._client = httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False)

    @property
    def name(self) -> str:
        """The URL without its query, which may hold a token."""
        return f"{urlunsplit(urlsplit(self._url)._replace(query=''))}#{self._member}"

    def read(self) -> int:
        """Return the buckets that the resource names now."""
        try:
            with self._client.stream("GET", self._url) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise self._unreadable(f"it answered {answer.status_code}")
                body = b""
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > _SIZE_LIMIT_BYTES:
                        raise self._unreadable(f"more than {_SIZE_LIMIT_BYTES} bytes came")
        except httpx.HTTPError as error:
            raise self._unreadable(type(error).__name__) from error
        return as_buckets(self._text(body), self.name)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _text(self, body: bytes) -> str:
        """Return the number as it was written; JSON's own floats would lose decimals."""
        try:
            found = json.loads(body, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            return ""
        for part in self._member.split(".") if isinstance(found, dict) else ():
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, str) else ""

    def _unreadable(self, why: str) -> CannotMeasure:
        return CannotMeasure("the switch behind HTTP cannot be read", where=self.name, why=why)
