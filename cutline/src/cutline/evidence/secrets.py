"""Known secret values, replaced wherever they would be written, also in the forms they hide in."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote, quote_plus, unquote, urlsplit

from cutline.errors import WrongUsage

MARK = "«secret»"
SHORTEST = 6
# A base64 fragment shorter than this may well be part of an ordinary word.
_SHORTEST_FRAGMENT = 8
_PERCENT = re.compile("%([0-9A-F]{2})")
_Text = TypeVar("_Text", str, bytes)


class Redactor:
    """Replaces each of `values` by «secret»: as it is, as JSON, URL, hex or base64 text.

    The empty string stands for a secret that is not set. A value of fewer than six characters is
    refused: it could not be told from ordinary text. The password within a URL counts as a value
    of its own; one too short for that is told in `announced`, without its value.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        announced: list[str] = []
        known: set[str] = set()
        for value in filter(None, values):
            if len(value) < SHORTEST:
                raise WrongUsage(
                    f"a secret value has {len(value)} characters",
                    why=f"fewer than {SHORTEST} cannot be told from ordinary text, so it could not"
                    " be kept out of the evidence",
                    remedy="use a longer secret",
                )
            known.add(value)
            password = _password(value)
            if password and len(password) >= SHORTEST:
                known.add(password)
            elif password:
                announced.append(
                    f"the password in a URL has {len(password)} characters: outside of its URL it"
                    " cannot be told from ordinary text and is not replaced"
                )
        self.announced = tuple(announced)
        forms = sorted({form for value in known for form in _forms(value)}, key=len, reverse=True)
        pattern = "|".join(_PERCENT.sub(_any_case, re.escape(form)) for form in forms)
        self._text = re.compile(pattern) if forms else None
        self._bytes = re.compile(pattern.encode()) if forms else None

    def clean(self, text: _Text) -> _Text:
        """Return `text` with every known value replaced."""
        if isinstance(text, str):
            return self._text.sub(MARK, text) if self._text else text
        return self._bytes.sub(MARK.encode(), text) if self._bytes else text

    def holds_none(self, text: str | bytes) -> bool:
        """Say that no known value is in `text`."""
        if isinstance(text, str):
            return not (self._text and self._text.search(text))
        return not (self._bytes and self._bytes.search(text))

    def clean_data(self, data: Mapping[str, object]) -> Mapping[str, object]:
        """Return the data of an entry with every known value replaced, in keys too."""
        return self._mapping(data) if self._text else data

    def _mapping(self, data: Mapping[str, object]) -> dict[str, object]:
        return {self.clean(key): self._value(value) for key, value in data.items()}

    def _value(self, value: object) -> object:
        match value:
            case str():
                return self.clean(value)
            case Mapping():
                return self._mapping(value)
            case list() | tuple():
                return [self._value(one) for one in value]
            case _:
                return value


def _password(value: str) -> str | None:
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return unquote(parts.password) if parts.password else None


def _forms(value: str) -> Iterator[str]:
    """Yield the texts under which a value is met."""
    yield value
    yield json.dumps(value)[1:-1]
    plain = json.dumps(value, ensure_ascii=False)[1:-1]
    yield plain
    yield json.dumps(plain, ensure_ascii=False)[1:-1]
    yield from (quote(value, safe=""), quote(value), quote_plus(value))
    raw = value.encode("utf-8", "surrogateescape")
    yield raw.hex()
    yield raw.hex().upper()
    yield from _base64(raw)


def _any_case(found: re.Match[str]) -> str:
    """Return a pattern for a percent-encoded byte, whose hex digits have two cases."""
    return "%" + "".join(f"[{digit}{digit.lower()}]" for digit in found[1])


def _base64(raw: bytes) -> Iterator[str]:
    """Yield the characters that stem from `raw` alone, wherever in a longer text it stands."""
    for offset in range(3):
        first = -(-offset * 8 // 6)
        last = (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            fragment = encode(bytes(offset) + raw).decode()[first:last]
            if len(fragment) >= _SHORTEST_FRAGMENT:
                yield fragment
