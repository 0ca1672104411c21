"""The values of an answer as the types that `returns` declares: what does not fit is missing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from cutline.run.reading import Scalar, Value

MOST_ITEMS = 1_000_000
LONGEST_TEXT = 65_536


class UnfitError(ValueError):
    """A value is not of the type that the plan declares; the message never holds the value."""


def typed(
    values: Mapping[str, object], returns: Mapping[str, str]
) -> tuple[dict[str, Value], list[str]]:
    """Return the fields that fit, and for each other one why it is missing.

    An int is taken for a double, a bool never for an int. Nothing is rounded or parsed, but for
    the JSON text of a list, since SQLite has no lists.
    """
    found: dict[str, Value] = {}
    why: list[str] = []
    for name, kind in returns.items():
        given = values.get(name)
        if given is None:
            why.append(f"no {name}")
            continue
        try:
            found[name] = _typed(given, kind)
        except UnfitError as error:
            why.append(f"{name} {error}")
    return found, why


def _typed(given: object, kind: str) -> Value:
    if kind.startswith("list("):
        return _list(given, kind[5:-1])
    return _scalar(given, kind)


def _list(given: object, kind: str) -> tuple[Scalar, ...]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            raise UnfitError("is declared a list and came as a text that is no JSON") from error
    if not isinstance(given, (list, tuple)):
        raise UnfitError(f"is declared a list and came as {type(given).__name__}")
    if len(given) > MOST_ITEMS:
        raise UnfitError(f"has {len(given)} items, and {MOST_ITEMS} are the most")
    return tuple(_scalar(one, kind) for one in given)


def _scalar(given: object, kind: str) -> Scalar:
    match kind, given:
        case ("bool", bool()):
            return given
        case ("int", int()) if not isinstance(given, bool):
            return given
        case ("int", Decimal()) if given.is_finite() and given == given.to_integral_value():
            return int(given)
        case ("double", int() | float() | Decimal()) if not isinstance(given, bool):
            return _finite(given)
        case ("string", str()):
            return _short(given)
        case ("string", datetime() | date() | UUID()):
            return given.isoformat() if isinstance(given, date) else str(given)
    raise UnfitError(f"is declared {kind} and came as {type(given).__name__}")


def _finite(given: float | Decimal) -> float:
    try:
        number = float(given)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UnfitError("is no finite number")
    return number


def _short(given: str) -> str:
    if len(given) > LONGEST_TEXT:
        raise UnfitError(f"has {len(given)} characters, and {LONGEST_TEXT} are the most")
    return given
