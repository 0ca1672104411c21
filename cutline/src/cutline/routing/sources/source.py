"""What a source of a switch promises, and which one a URL names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cutline.errors import WrongUsage


class Source(Protocol):
    """One place that holds a percentage."""

    @property
    def name(self) -> str:
        """The place as logs may name it: without any secret."""
        ...

    def read(self) -> int:
        """Return the buckets that it holds; raise `CannotMeasure` where that cannot be told."""
        ...

    def close(self) -> None:
        """Let go of what it holds open."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that stands in the program itself."""

    buckets: int
    name: str = "fixed"

    def read(self) -> int:
        """Return the value."""
        return self.buckets

    def close(self) -> None:
        """Hold nothing open."""


def source_of(url: str) -> Source:
    """Return the source that a URL names.

    Raises `WrongUsage` for a kind that is not known or a part that is missing. A kind is loaded
    when it is asked for: an application that reads a file need not load a database driver.
    """
    kind, _, rest = url.partition(":")
    place, _, name = rest.rpartition("#")
    if kind == "env-file" and place and name:
        from cutline.routing.sources.env_file import EnvFile  # noqa: PLC0415  # see above

        return EnvFile(place, name)
    if kind == "postgres" and place and name:
        from cutline.routing.sources.postgres import Postgres  # noqa: PLC0415  # see above

        return Postgres(place, name)
    if kind in ("http", "https") and rest:
        from cutline.routing.sources.http import Http  # noqa: PLC0415  # see above

        return Http(url if rest.startswith("//") else rest)
    raise WrongUsage(
        "this URL names no switch",
        where=f"{kind}:…",
        why="known are env-file:PATH#KEY, postgres:DSN#NAME and http://HOST/PATH",
        remedy="see docs/routing.md",
    )
