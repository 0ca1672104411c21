"""`:from`, `:to` and `:side` of a query as PostgreSQL's own `$1`, `$2`, `$3`."""

from __future__ import annotations

import re

# What may hold a colon and is no parameter: quoted text and names, comments, casts.
_TOKEN = re.compile(
    r"""(?P<escaped>(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*')
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*")
    |(?P<dollar>(?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$)
    |(?P<line>--[^\n]*)
    |(?P<block>/\*)
    |(?P<cast>::)
    |(?<![\w:]):(?P<parameter>from|to|side)\b""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")


def numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """Return the query with numbered parameters, and the names that they stand for in order.

    A name that is used twice is one parameter. Quoted text, quoted names, dollar-quoted text,
    comments (which nest) and `::` are left as they are; so is a colon before any other word.
    """
    found: list[str] = []
    parts: list[str] = []
    at = 0
    while (token := _TOKEN.search(query, at)) is not None:
        name = token["parameter"]
        if name is None:
            end = _end_of_comment(query, token.end()) if token["block"] else token.end()
            parts.append(query[at:end])
            at = end
            continue
        if name not in found:
            found.append(name)
        parts += [query[at : token.start()], f"${found.index(name) + 1}"]
        at = token.end()
    return "".join([*parts, query[at:]]), tuple(found)


def _end_of_comment(query: str, at: int) -> int:
    depth = 1
    for mark in _COMMENT.finditer(query, at):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(query)
