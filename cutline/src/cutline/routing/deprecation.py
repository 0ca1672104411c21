"""That an endpoint is deprecated: since when, until when, and what takes its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cutline.errors import WrongUsage
from cutline.routing import http_date

_AT = re.compile(r"@(-?[0-9]{1,12})")
_LINK = re.compile(r'<([^<>"\s]+)>\s*;[^,]*\brel="?successor-version"?')
_TARGET = re.compile(r"[!-~]+")
_REMEDY = "see docs/routing.md, Deprecation"


class WrongDeprecation(WrongUsage):
    """A deprecation that contradicts itself or its specification."""

    code = "wrong-deprecation"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when an endpoint is deprecated (RFC 9745), when it goes (RFC 8594), and its successor.

    Raises `WrongDeprecation` where the sunset lies before the deprecation, a time has no zone, or
    the successor is no URL.
    """

    since: datetime
    sunset: datetime
    successor: str

    def __post_init__(self) -> None:
        for name, moment in (("since", self.since), ("sunset", self.sunset)):
            if moment.tzinfo is None:
                raise _refused(name, f"{moment} has no time zone")
        if self.sunset < self.since:
            raise _refused(
                "sunset",
                f"{http_date.written(self.sunset)} lies before the deprecation,"
                f" {http_date.written(self.since)}",
            )
        if not _TARGET.fullmatch(self.successor) or set(self.successor) & set('<>"\\^`{|}'):
            raise _refused("successor", "it is not a URL")

    @classmethod
    def of(cls, since: str, sunset: str, successor: str) -> Self:
        """Read texts: `@1772323200`, `Sun, 01 Mar 2026 00:00:00 GMT` or `2026-03-01T00:00:00Z`.

        A date with a wrong weekday is refused, and the draft's `Deprecation: true` as well.
        """
        return cls(_moment("since", since), _moment("sunset", sunset), successor)

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Self:
        """Read the headers of an answer, as strictly as a client of the specifications would.

        Raises `WrongDeprecation` for one that is missing or of another form.
        """
        given = {name.lower(): value for name, value in headers.items()}
        for name in ("deprecation", "sunset", "link"):
            if name not in given:
                raise _refused(name, "the answer has no such header")
        if not _AT.fullmatch(given["deprecation"]):
            raise _refused("deprecation", "RFC 9745 wants a form such as `@1772323200`")
        link = _LINK.search(given["link"])
        if link is None:
            raise _refused("link", 'no rel="successor-version" in it')
        try:
            sunset = http_date.read(given["sunset"])
        except ValueError as error:
            raise _refused("sunset", str(error)) from None
        return cls(_moment("deprecation", given["deprecation"]), sunset, link[1])

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Return the three headers that an answer of the endpoint carries."""
        pairs = (
            ("deprecation", f"@{int(self.since.timestamp())}"),
            ("sunset", http_date.written(self.sunset)),
            ("link", f'<{self.successor}>; rel="successor-version"'),
        )
        return tuple((name.encode(), value.encode("ascii")) for name, value in pairs)

    def as_json(self) -> dict[str, str]:
        """Return the member `deprecation` of a JSON answer."""
        return {
            "since": _iso(self.since),
            "sunset": _iso(self.sunset),
            "successor": self.successor,
            "notice": f"deprecated: use {self.successor} before {http_date.written(self.sunset)}",
        }


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moment(name: str, text: str) -> datetime:
    try:
        if at := _AT.fullmatch(text):
            return datetime.fromtimestamp(int(at[1]), UTC)
        if text[:1].isdigit():
            return datetime.fromisoformat(text)
        return http_date.read(text)
    except (ValueError, OverflowError, OSError) as error:
        raise _refused(name, str(error)) from None


def _refused(where: str, why: str) -> WrongDeprecation:
    return WrongDeprecation("this deprecation is refused", where=where, why=why, remedy=_REMEDY)
