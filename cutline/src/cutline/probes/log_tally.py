"""What is counted in the lines of a log."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_LINES_BETWEEN_LOOKS = 20_000


class Tally:
    """Counts by field, and distinct keys by field; `look` raises when it takes too long."""

    def __init__(
        self,
        texts: Mapping[str, bytes],
        patterns: Mapping[str, re.Pattern[bytes]],
        look: Callable[[], None],
    ) -> None:
        self._texts = texts
        self._patterns = patterns
        self.look = look
        self.lines = 0
        self._counts = dict.fromkeys(texts, 0)
        self._keys: dict[str, set[bytes]] = {name: set() for name in patterns}

    def add(self, line: bytes) -> None:
        """Take one line."""
        self.lines += 1
        if self.lines % _LINES_BETWEEN_LOOKS == 0:
            self.look()
        for name, text in self._texts.items():
            if text in line:
                self._counts[name] += 1
        for name, pattern in self._patterns.items():
            if (found := pattern.search(line)) is not None and found[1] is not None:
                self._keys[name].add(found[1])

    def values(self, returns: Mapping[str, str]) -> dict[str, object]:
        """Return the counts; of keys how many, or for a declared list the keys in order."""
        found: dict[str, object] = dict(self._counts)
        for name, keys in self._keys.items():
            if returns.get(name, "").startswith("list("):
                found[name] = sorted(key.decode(errors="replace") for key in keys)
            else:
                found[name] = len(keys)
        return found
