"""`${inputs.x}` and its few fellows in plain texts of a plan: names, and nothing else.

No loops, no nesting, no defaults. A value that is put in is not read again, and conditions and SQL
are never written this way: they take names and bound parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from cutline.errors import CannotMeasure
from cutline.plan.part import EnvRef, Ref
from cutline.plan.secret import Secret

Given = str | int | float | bool | datetime | Secret

RUN_NAMES = ("run.id", "stage.since", "stage.name")
# Of the question: its side, its span in RFC 3339, and how long that is, such as `900s`.
PROBE_NAMES = ("side", "from", "to", "over")
_OPEN = "${"
_PLAIN = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\}")


class NoValue(CannotMeasure):
    """A text of the plan names something that has no value here."""

    code = "no-value"


def names(text: str) -> tuple[tuple[int, str], ...]:
    """Return offset and name of each `${name}` of a text.

    Raises `ValueError` for a `${` that is not followed by a plain name and `}`.
    """
    found = tuple((match.start(), match[1]) for match in _PLAIN.finditer(text))
    starts = {start for start, _ in found}
    at = text.find(_OPEN)
    while at >= 0:
        if at not in starts:
            shown = text[at : at + 24]
            raise ValueError(f"`{shown}` is no plain name: write ${{inputs.name}}")
        at = text.find(_OPEN, at + 1)
    return found


def expand(text: str, values: Mapping[str, Given]) -> str:
    """Return a text with every `${name}` replaced by its value; secrets are revealed.

    Instants become RFC 3339 in UTC, truth becomes `true` or `false`. Raises `NoValue`.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise NoValue(f"`{match[0]}` has no value here", where=text)
        return _text(values[match[1]])

    return _PLAIN.sub(value, text)


def expand_all(value: object, values: Mapping[str, Given]) -> object:
    """Return plain JSON with every text in it expanded; keys stay as they are."""
    match value:
        case str():
            return expand(value, values)
        case list() | tuple():
            return [expand_all(one, values) for one in value]
        case dict():
            return {key: expand_all(one, values) for key, one in value.items()}
        case _:
            return value


def revealed(ref: Ref, values: Mapping[str, Given], environment: Mapping[str, str]) -> str:
    """Return what a reference stands for: a variable of the environment, or an expanded text."""
    if isinstance(ref, EnvRef):
        if not environment.get(ref.env):
            raise NoValue(f"the environment has no {ref.env}", remedy=f"export {ref.env}=…")
        return environment[ref.env]
    return expand(ref, values)


def named_inputs(inputs: Mapping[str, str | int | float | bool | Secret]) -> dict[str, Given]:
    """Return resolved inputs by the names under which a plan writes them."""
    return {f"inputs.{name}": value for name, value in inputs.items()}


def _text(value: Given) -> str:
    match value:
        case Secret():
            return value.reveal()
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case _:
            return str(value)
