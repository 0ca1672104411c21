"""What a kind of probe gives back: values as they came, or the reason why there are none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from cutline.errors import CannotMeasure

LARGEST_BYTES = 4 * 1024 * 1024


class NoReading(CannotMeasure):
    """A probe could not measure; it becomes a reading without values."""

    code = "no-reading"


@dataclass(frozen=True, slots=True)
class Answer:
    """The values by name, more than `returns` names allowed, types not looked at yet.

    `measured_at` is when the data was true, if the answer itself says so. `why` tells of values
    that are missing. `offset` is where a log was read to.
    """

    values: Mapping[str, object]
    measured_at: datetime | None = None
    why: str = ""
    offset: str | None = None


def members(body: bytes, of: str) -> dict[str, object]:
    """Return the members of a JSON object; raises `NoReading` for anything else."""
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NoReading(f"{of} is no JSON", why=_first_line(str(error))) from error
    if not isinstance(found, dict):
        raise NoReading(f"{of} is no JSON object", why=f"it is a {type(found).__name__}")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200] if text else ""
