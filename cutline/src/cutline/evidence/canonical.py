"""The one form of a JSON object: RFC 8785 (JCS), by the C encoder wherever that is the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import rfc8785

# Where a number can stand: a fraction that is zero, an exponent, or more digits than are exact. All
# other numbers Python writes as ECMAScript does. In a string such text only costs the slower way.
_WANTS_CARE = re.compile(r"[:,\[]-?[0-9]+(?:\.0(?![0-9])|(?:\.[0-9]+)?e|(?<=[0-9]{16}))")
# Up to here the order of code points is the order of UTF-16 units.
_FIRST_SURROGATE = "\ud800"
_LARGEST_EXACT = 2**53 - 1
_EXACT_DIGITS = 15


def canonical(value: Mapping[str, object]) -> bytes:
    """Return the canonical bytes of a JSON object.

    Raises `ValueError` for what JCS cannot hold: integers beyond 2^53-1, NaN, lone surrogates;
    `TypeError` for what JSON cannot.
    """
    text = _ENCODER.encode(value)
    if _is_ordered(text) and not _WANTS_CARE.search(text):
        return text.encode()
    return rfc8785.dumps(json.loads(text))


def parse(line: bytes) -> dict[str, object]:
    """Return the JSON object of which `line` is the canonical form; `ValueError` for any other."""
    text = line.decode()
    try:
        value, is_same = _read(text)
        if not isinstance(value, dict):
            raise ValueError("it is no JSON object")  # noqa: TRY004  # of a text, not of a type
        is_same = is_same or canonical(value) == line
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not is_same:
        raise ValueError("it is not in canonical form (RFC 8785)")
    return value


def read(line: bytes) -> object:
    """Return the value of a line that `canonical` made, without checking its form again."""
    try:
        return _PLAIN.decode(line.decode())
    except _WantsCare:
        return _CAREFUL.decode(line.decode())


def _read(text: str) -> tuple[object, bool]:
    """Return the value of a text, and whether the C encoder alone shows that it is canonical."""
    try:
        value, end = _scan(text, 0)
        if end == len(text):
            return value, _is_ordered(text) and "".join(_parts(value, 0)) == text
    except _WantsCare:
        return _CAREFUL.decode(text), False
    except StopIteration:
        pass
    return _CAREFUL.decode(text), False  # what stands around the value is not canonical


def _is_ordered(text: str) -> bool:
    """Say that code points sort as UTF-16 units do, so that the C encoder's order is right."""
    return text.isascii() or max(text) < _FIRST_SURROGATE


class _WantsCare(Exception):  # noqa: N818  # a signal between two readers
    """A number is of a form in which Python and ECMAScript may differ."""


def _plain_float(text: str) -> float:
    if text[-1] == "0" or "e" in text or "E" in text:
        raise _WantsCare
    return float(text)


def _plain_int(text: str) -> int:
    if len(text) > _EXACT_DIGITS:
        raise _WantsCare
    return int(text)


def _number(digits: str) -> int | float:
    """Return what the digits stand for: beyond 2^53-1 JSON has floats only."""
    return int(digits) if abs(int(digits)) <= _LARGEST_EXACT else float(digits)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"JSON has no {type(value).__name__}")


_ENCODER = json.JSONEncoder(
    check_circular=False,
    ensure_ascii=False,
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
    default=_plain,
)
# As `encode` calls it, but made once and not for each line.
_parts = json.encoder.c_make_encoder(  # type: ignore[attr-defined]  # typeshed lacks it
    None,
    _plain,
    json.encoder.encode_basestring,
    None,
    ":",
    ",",
    True,  # sort_keys
    False,  # skipkeys
    False,  # allow_nan
)
_PLAIN = json.JSONDecoder(parse_float=_plain_float, parse_int=_plain_int)
_scan = _PLAIN.scan_once  # type: ignore[attr-defined]  # likewise
_CAREFUL = json.JSONDecoder(parse_int=_number)
