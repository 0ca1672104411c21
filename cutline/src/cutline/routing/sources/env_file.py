"""A switch in an env file: `KEY=VALUE` lines, as `.env.production` has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cutline.errors import CannotMeasure
from cutline.routing.percent import as_buckets

_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*
        (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^#\s"']*))\s*(?:\#.*)?""",
    re.VERBOSE,
)
_SIZE_LIMIT_BYTES = 1 << 20


def values_in(text: str, key: str) -> set[str]:
    """Return everything that an env file sets `key` to."""
    matches = (_LINE.fullmatch(line) for line in text.splitlines())
    return {
        match["double"] or match["single"] or match["bare"] or ""
        for match in matches
        if match and match["key"] == key
    }


@dataclass(frozen=True, slots=True)
class EnvFile:
    """A key of an env file. Other lines of the file are never kept or shown."""

    path: str
    key: str

    @property
    def name(self) -> str:
        """The file and the key."""
        return f"env-file:{self.path}#{self.key}"

    def read(self) -> int:
        """Return the buckets that the file sets now."""
        found = values_in(self._text(), self.key)
        if not found:
            raise CannotMeasure(
                f"the env file has no {self.key}",
                where=self.path,
                why="no line sets it, or the line is not of the form KEY=VALUE",
                remedy=f"add a line {self.key}=0",
            )
        if len(found) > 1:
            raise CannotMeasure(
                f"the env file sets {self.key} to {len(found)} different values",
                where=self.path,
                why="readers of such files differ in which line they take",
                remedy="leave one of the lines",
            )
        return as_buckets(found.pop(), self.name)

    def close(self) -> None:
        """Hold nothing open."""

    def _text(self) -> str:
        try:
            with Path(self.path).open("rb") as file:
                raw = file.read(_SIZE_LIMIT_BYTES + 1)
            if len(raw) > _SIZE_LIMIT_BYTES:
                raise self._unreadable(f"it is larger than {_SIZE_LIMIT_BYTES} bytes")
            return raw.decode("utf-8-sig")
        except (OSError, ValueError) as error:
            why = "it is not UTF-8" if isinstance(error, UnicodeError) else str(error)
            raise self._unreadable(why) from None  # a decoding error carries the file's bytes

    def _unreadable(self, why: str) -> CannotMeasure:
        return CannotMeasure("the env file cannot be read", where=self.path, why=why)
