"""Readings as the journal keeps them, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cutline.errors import CannotMeasure
from cutline.run.ports import SomeBlobs
from cutline.run.reading import Question, Reading, Value

# Beyond this a JSON number is no longer exact: the journal refuses it, so it is kept as text.
_LARGEST = 2**53 - 1


def readings_data(
    readings: Sequence[Reading], lists: frozenset[tuple[str, str]], blobs: SomeBlobs
) -> list[dict[str, Any]]:
    """Return readings for an entry. Of lists only those in `lists` are kept, as files by digest."""
    texts: dict[int, str] = {}
    return [_data(reading, lists, blobs, texts) for reading in readings]


def readings_of(kept: Sequence[Mapping[str, Any]], blobs: SomeBlobs) -> list[Reading]:
    """Return the readings of an entry with their lists; a list that is gone makes it blind."""
    return [_reading(one, blobs) for one in kept]


def _data(
    reading: Reading,
    lists: frozenset[tuple[str, str]],
    blobs: SomeBlobs,
    texts: dict[int, str],
) -> dict[str, Any]:
    asked, measured_at = reading.question, reading.measured_at
    until = _text(asked.until, texts)
    data: dict[str, Any] = {
        "probe": asked.probe,
        "side": asked.side,
        "since": _text(asked.since, texts),
        "until": until,
        "measured_at": until if measured_at is asked.until else _text(measured_at, texts),
        "values": None,
        "why": reading.why,
    }
    if reading.values is not None:
        values: dict[str, Any] = {}
        kept: dict[str, str] = {}
        for name, value in reading.values.items():
            if isinstance(value, (tuple, list)):
                if lists and (asked.probe, name) in lists:
                    kept[name] = _put(value, blobs, f"{asked.probe}.{name}")
            else:
                values[name] = value if type(value) is str else _plain(value)
        data["values"] = values
        if kept:
            data["lists"] = kept
    if reading.offset is not None:
        data["offset"] = reading.offset
    return data


def _plain(value: Value) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if type(value) is int and abs(value) > _LARGEST:
        return str(value)
    return value


def _put(value: Sequence[object], blobs: SomeBlobs, name: str) -> str:
    content = json.dumps(list(value), ensure_ascii=False, separators=(",", ":")).encode()
    return blobs.put(content, name)


def _text(at: datetime, texts: dict[int, str]) -> str:
    """Return an instant as text. Readings share theirs: what is the same object is made once."""
    known = texts.get(id(at))
    if known is None:
        known = texts[id(at)] = at.isoformat()
    return known


def _reading(kept: Mapping[str, Any], blobs: SomeBlobs) -> Reading:
    question = Question(
        kept["probe"],
        kept["side"],
        datetime.fromisoformat(kept["since"]),
        datetime.fromisoformat(kept["until"]),
    )
    at = datetime.fromisoformat(kept["measured_at"])
    if kept["values"] is None:
        return Reading(question, at, None, kept["why"])
    values: dict[str, Value] = dict(kept["values"])
    for name, digest in (kept.get("lists") or {}).items():
        try:
            values[name] = tuple(json.loads(blobs.open(digest)))
        except CannotMeasure as error:
            return Reading(question, at, None, f"the list {name} is gone: {error.what}")
    return Reading(question, at, values, kept["why"])
