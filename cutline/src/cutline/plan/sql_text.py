"""A query as text: what is code in it, what it binds, and where it asks for the time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_QUIET = re.compile(
    r"""--[^\n]*                      # a comment to the end of the line
      | /\*.*?(?:\*/|\Z)              # a comment
      | '(?:[^']|'')*(?:'|\Z)         # a text
      | "(?:[^"]|"")*(?:"|\Z)         # a quoted name
      | \$(\w*)\$.*?(?:\$\1\$|\Z)     # a dollar-quoted text
    """,
    re.VERBOSE | re.DOTALL,
)
_PARAMETER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_CLOCK_CALL = re.compile(
    r"(?<![.\w])(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|getdate"
    r"|sysdatetime|getutcdate|utc_timestamp|unix_timestamp|curdate|curtime|get_current_timestamp"
    r"|get_current_time|current_localtimestamp|today)\s*\(",
    re.IGNORECASE,
)
_CLOCK_WORD = re.compile(
    r"(?<![.\w])(current_timestamp|current_date|current_time|localtimestamp|localtime|sysdate"
    r"|systimestamp)\b",
    re.IGNORECASE,
)
_EMPTY_CALL = re.compile(
    r"(?<![.\w])(date|time|datetime|julianday|unixepoch)\s*\(\s*\)", re.IGNORECASE
)
_AGE = re.compile(r"(?<![.\w])age\s*\(", re.IGNORECASE)
_RELATIVE = {"now", "today", "tomorrow", "yesterday"}
_BEFORE_TIME = re.compile(r"(?:timestamptz|timestamp|date|time)\s*$|\(\s*$", re.IGNORECASE)
_AFTER_TIME = re.compile(r"\s*::\s*(?:timestamp|date|time)", re.IGNORECASE)
_WRITES = re.compile(
    r"(?<![.\w])(insert|update|delete|truncate|drop|alter|create|merge|grant|revoke|copy|vacuum)\b",
    re.IGNORECASE,
)
_READS = re.compile(r"\s*\(*\s*(select|with|values|table)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A query; `code` has its length, with comments, texts and quoted names blanked out."""

    text: str
    code: str

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, from 1, of an offset."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def parameters(self) -> Iterator[tuple[int, str]]:
        """Yield offset and name of each `:name`."""
        for found in _PARAMETER.finditer(self.code):
            yield found.start(), found[1]

    def clocks(self) -> Iterator[tuple[int, str]]:
        """Yield offset and words of each place that asks for the time of day."""
        for pattern in (_CLOCK_CALL, _CLOCK_WORD, _EMPTY_CALL):
            for found in pattern.finditer(self.code):
                yield found.start(), found[0].rstrip("( \t\n") + ("()" if "(" in found[0] else "")
        for found in _AGE.finditer(self.code):
            if _commas(self.code, found.end()) == 0:
                yield found.start(), "age() of one time"
        for found in _QUIET.finditer(self.text):
            word = found[0].strip("'").strip().lower()
            if found[0][0] == "'" and word in _RELATIVE and self._is_time(found):
                yield found.start(), found[0]

    def writes(self) -> Iterator[tuple[int, str]]:
        """Yield offset and word of what changes data."""
        for found in _WRITES.finditer(self.code):
            yield found.start(), found[0]

    def is_reading(self) -> bool:
        """Say whether the query begins as one that reads."""
        return _READS.match(self.code) is not None

    def second_statement(self) -> int | None:
        """Return the offset of what follows the first statement, or None."""
        head, semicolon, rest = self.code.partition(";")
        if not semicolon or not rest.strip():
            return None
        return len(head) + 1 + len(rest) - len(rest.lstrip())

    def _is_time(self, found: re.Match[str]) -> bool:
        before, after = self.text[: found.start()], self.text[found.end() :]
        is_last = found[0].lower() == "'now'" and re.search(r",\s*$", before) is not None
        return bool(_BEFORE_TIME.search(before) or _AFTER_TIME.match(after) or is_last)


def query(text: str) -> Query:
    """Return a query with its code laid bare."""
    return Query(text, _QUIET.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text))


def _commas(code: str, start: int) -> int:
    """Return the commas between the arguments of a call whose bracket has just opened."""
    depth, commas = 1, 0
    for letter in code[start:]:
        depth += (letter == "(") - (letter == ")")
        commas += letter == "," and depth == 1
        if depth == 0:
            break
    return commas
