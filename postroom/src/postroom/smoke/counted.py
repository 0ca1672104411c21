"""Whether the service counts what its store holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from postroom.api.stats import count
from postroom.smoke.asked import Asked
from postroom.smoke.verdict import Verdict, failed, passed

_TRIES: Final = 3
_WRITTEN: Final = ("notes",)
"""What people write while a generation is only looked at."""


def check_stats(asked: Asked) -> Verdict:
    """`/stats` is not zero and equals the rows, counted before and after it while others write."""
    differs = ""
    for _ in range(_TRIES):
        before, answer, after = _count(asked), asked.service.get("/stats"), _count(asked)
        if not answer.is_success:
            return failed(f"/stats answers {answer.status_code}")
        told = _flat(answer.json())
        if not told.get("emails"):
            return failed("/stats counts no message")
        differs = _difference(told, before, after, of_a_generation=asked.generation is not None)
        if not differs:
            return passed(f"{told['emails']:,} messages, {told['attachments']:,} attachments")
    return failed(differs)


def _count(asked: Asked) -> dict[str, Any]:
    with asked.archive.reading() as tx:
        return _flat(count(tx))


def _flat(numbers: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in numbers.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{status}": number for status, number in value.items()}
        elif name != "source_id":
            flat[name] = value
    return flat


def _difference(
    told: dict[str, Any], before: dict[str, Any], after: dict[str, Any], *, of_a_generation: bool
) -> str:
    """Name the first number that is not between the two counts of the rows; empty if none is."""
    for name in sorted({*told, *before, *after}):
        if of_a_generation and name in _WRITTEN:
            continue
        said, low, high = (numbers.get(name, 0) for numbers in (told, before, after))
        if not min(low, high) <= said <= max(low, high):
            rows = f"{low}" if low == high else f"{low} to {high}"
            return f"/stats says {name} {said}, the rows are {rows}"
    return ""
