"""The value of a field in a reading, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cutline.errors import CannotMeasure
from cutline.gates.seen import Side
from cutline.run.reading import Reading, Value

Source = tuple[str, Side]  # a probe and a side of it


class NotMeasured(CannotMeasure):
    """A gate has nothing to judge; it becomes BLIND."""

    code = "not-measured"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of one side of a probe; `text` is how the plan writes it."""

    text: str
    probe: str
    side: Side
    name: str


def value(
    wanted: Field,
    readings: Mapping[Source, Reading],
    now: datetime,
    fresh_s: float | None,
) -> Value:
    """Return a field of a reading that is there and fresh; raises `NotMeasured` with the reason."""
    reading = fresh((wanted.probe, wanted.side), readings, now, fresh_s)
    found = (reading.values or {}).get(wanted.name)
    if found is None:
        raise missing(wanted, reading)
    return found


def fresh(
    source: Source, readings: Mapping[Source, Reading], now: datetime, fresh_s: float | None
) -> Reading:
    """Return a reading that has values and is fresh; raises `NotMeasured` with the reason."""
    reading = readings.get(source)
    probe, side = source
    if reading is None:
        raise NotMeasured(f"{probe} was not asked" + (f" for {side}" if side else ""))
    if reading.values is None:
        raise NotMeasured(f"{probe}: {reading.why or 'no reading, and no reason given'}")
    if fresh_s is not None and reading.measured_at < now:
        age_s = (now - reading.measured_at).total_seconds()
        if age_s > fresh_s:
            raise NotMeasured(
                f"{probe} is {age_s:.0f} s old, and counts for {fresh_s:.0f} s as fresh"
            )
    return reading


def missing(wanted: Field, reading: Reading) -> NotMeasured:
    """Return the error of a field that a reading lacks."""
    return NotMeasured(f"no value for {wanted.text}" + (f" ({reading.why})" if reading.why else ""))


def number(found: Value, wanted: Field) -> float:
    """Return a field that is a finite number; raises `NotMeasured`."""
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise NotMeasured(f"{wanted.text} is no number")
    return found


def numbers(found: Value, wanted: Field) -> tuple[float, ...]:
    """Return a field that is a list of finite numbers; raises `NotMeasured`."""
    if not isinstance(found, (tuple, list)):
        raise NotMeasured(f"{wanted.text} is no list")
    return tuple(number(one, wanted) for one in found)


def texts(found: Value, wanted: Field) -> tuple[str, ...]:
    """Return a field that is a list of texts; raises `NotMeasured`."""
    if not isinstance(found, (tuple, list)):
        raise NotMeasured(f"{wanted.text} is no list")
    if not all(isinstance(one, str) for one in found):
        raise NotMeasured(f"{wanted.text} is no list of texts")
    return tuple(str(one) for one in found)
