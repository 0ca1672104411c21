"""The one form of a JSON object: RFC 8785 (JCS), by the C encoder wherever that is the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import rfc8785

# A fraction, an exponent or an integer that may pass 2^53-1, where a number can stand. The same
# letters inside a string only cost the slower way.
_WANTS_CARE = re.compile(r"[:,\[]-?(?:\d+[.e]|\d{16})")
# Up to here the order of code points is the order of UTF-16 units.
_FIRST_SURROGATE = "\ud800"
_LARGEST_EXACT = 2**53 - 1


def canonical(value: Mapping[str, object]) -> bytes:
    """Return the canonical bytes of a JSON object.

    Raises `ValueError` for what JCS cannot hold: integers beyond 2^53-1, NaN, lone surrogates;
    `TypeError` for what JSON cannot.
    """
    text = json.dumps(
        value,
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
        default=_plain,
    )
    if (text.isascii() or max(text) < _FIRST_SURROGATE) and not _WANTS_CARE.search(text):
        return text.encode()
    return rfc8785.dumps(json.loads(text))


def parse(line: bytes) -> dict[str, object]:
    """Return the JSON object of which `line` is the canonical form; `ValueError` for any other."""
    try:
        text = line.decode()
        value = json.loads(text, parse_int=_number if _WANTS_CARE.search(text) else None)
        if not isinstance(value, dict):
            raise ValueError("it is no JSON object")  # noqa: TRY004  # of a text, not of a type
        again = canonical(value)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if again != line:
        raise ValueError("it is not in canonical form (RFC 8785)")
    return value


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"JSON has no {type(value).__name__}")


def _number(digits: str) -> int | float:
    """Return what the digits stand for: beyond 2^53-1 JSON has floats only."""
    return int(digits) if abs(int(digits)) <= _LARGEST_EXACT else float(digits)
