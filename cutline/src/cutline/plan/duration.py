"""Durations as a plan writes them: `90s`, `15m`, `24h`, `7d`, `1h30m`; inside they are seconds."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+")


def seconds(text: object) -> object:
    """Return the seconds of a duration; what is a number already is seconds.

    Raises `ValueError` for text that is no duration.
    """
    if isinstance(text, bool) or not isinstance(text, str):
        return text
    if text.strip() == "0":
        return 0.0
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is no duration: write 90s, 15m, 24h, 7d or 1h30m")
    return sum(float(number) * UNITS_S[unit] for number, unit in _PART.findall(text))


def words(value_s: float) -> str:
    """Return seconds as a person writes them: 86400.0 is `24h`, 604800.0 is `7d`."""
    if value_s >= 2 * UNITS_S["d"] and value_s % UNITS_S["d"] == 0:
        return f"{value_s / UNITS_S['d']:g}d"
    rest, parts = value_s, []
    for unit in ("h", "m", "s"):
        count, rest = divmod(rest, UNITS_S[unit])
        if unit == "s":
            count = round(count + rest, 3)
        if count:
            parts.append(f"{count:g}{unit}")
    return "".join(parts) or "0s"


LONGEST_S = 100 * 366 * UNITS_S["d"]
_AS_TEXT = {"type": "string", "pattern": f"^({_WHOLE.pattern}|0)$"}
_AS_SECONDS = {"type": "number", "minimum": 0}

Seconds = Annotated[
    float,
    BeforeValidator(seconds),
    Field(ge=0, le=LONGEST_S, allow_inf_nan=False),
    WithJsonSchema({"anyOf": [_AS_TEXT, _AS_SECONDS], "description": "90s, 15m, 24h, 7d, 1h30m"}),
]
