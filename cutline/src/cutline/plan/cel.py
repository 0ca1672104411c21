"""Conditions of a plan: CEL, compiled and type-checked against what the probes return."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cel_expr_python import cel

from cutline.errors import CannotMeasure, WrongUsage
from cutline.plan.cel_names import variables
from cutline.plan.fault import nearest
from cutline.plan.model import Plan

Types = tuple[tuple[str, str], ...]

LONGEST = 4096  # characters of one condition
_OF_TYPE = {
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "bool": cel.Type.BOOL,
    "timestamp": cel.Type.TIMESTAMP,
}
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '\((.*)\)'")
_FUNCTIONS = (
    "all",
    "contains",
    "double",
    "duration",
    "endsWith",
    "exists",
    "exists_one",
    "filter",
    "int",
    "map",
    "matches",
    "size",
    "startsWith",
    "string",
    "timestamp",
)
_CLOCKS = {"now", "today", "time", "current_timestamp"}


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong in a condition; line and column count from 1 within its text."""

    line: int
    column: int
    what: str
    nearest: str | None = None


class ConditionRefused(WrongUsage):
    """A condition that does not compile, or is not boolean."""

    code = "condition-refused"

    def __init__(self, text: str, flaws: tuple[Flaw, ...]) -> None:
        self.flaws = flaws
        words = "; ".join(
            flaw.what + (f" (did you mean `{flaw.nearest}`?)" if flaw.nearest else "")
            for flaw in flaws
        )
        super().__init__("this condition is refused", where=text, why=words)


class MissingField(CannotMeasure):
    """A field that a condition names has no value: blind, also under `||`."""

    code = "missing-field"

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(f"no value for {', '.join(names)}")


class NotEvaluated(CannotMeasure):
    """A condition that has no answer for these values: a division by zero, a wrong type."""

    code = "not-evaluated"


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; `names` are the dotted names that it reads, in order."""

    text: str
    names: tuple[str, ...]
    _types: Mapping[str, str]
    _expression: cel.Expression
    _last: list[tuple[list[object], bool]] = dataclasses.field(
        default_factory=list, compare=False, repr=False
    )

    def holds(self, values: Mapping[str, object]) -> bool:
        """Say whether the condition is true of the values, by dotted name.

        Raises `MissingField` before evaluating if anything named has no value (NaN and infinity
        are none), and `NotEvaluated` where the values have the wrong type or give no answer.
        """
        asked = [values.get(name) for name in self.names]
        # Most instants measure what the one before did: it has the same answer.
        for before, answered in self._last:
            if _is_same(before, asked):
                return answered
        missing = tuple(
            name for name, one in zip(self.names, asked, strict=True) if not _is_there(one)
        )
        if missing:
            raise MissingField(missing)
        data = {name: _fitting(name, self._types[name], values[name]) for name in self.names}
        answer = self._expression.eval(data=data)
        if answer.type() != cel.Type.BOOL:
            why = str(answer.value()).removeprefix("INVALID_ARGUMENT: ")
            raise NotEvaluated("this condition has no answer", where=self.text, why=why)
        found = bool(answer.value())
        self._last[:] = [(asked, found)]
        return found


@lru_cache(maxsize=4096)
def condition(text: str, types: Types) -> Condition:
    """Compile a condition over the names of `types`, as `types_of` gives them.

    Raises `ConditionRefused` with line, column and the nearest right word.
    """
    if len(text) > LONGEST:
        raise ConditionRefused(text[:40] + "…", (Flaw(1, 1, f"longer than {LONGEST} characters"),))
    if "${" in text:
        column = text.index("${") + 1
        what = "`${…}` is not read in a condition: write inputs.name as it is"
        raise ConditionRefused(text, (Flaw(1, column, what),))
    try:
        expression = _environment(types).compile(text)
    except RuntimeError as error:
        flaws = tuple(_flaws(text, str(error), [name for name, _ in types]))
        first = tuple(flaw for flaw in flaws if "unknown" in flaw.what or "`==`" in flaw.what)
        flaws = first or flaws  # what follows from an unknown name is no news
        raise ConditionRefused(text, flaws or (Flaw(1, 1, str(error)),)) from error
    if expression.return_type() != cel.Type.BOOL:
        kind = expression.return_type().name().lower()
        what = f"this is {_an(kind)}, and a condition is true or false: compare it with something"
        raise ConditionRefused(text, (Flaw(1, 1, what),))
    declared = dict(types)
    names = tuple(name for name in variables(expression.serialize()) if name in declared)
    return Condition(text, names, declared, expression)


def types_of(plan: Plan) -> Types:
    """Return every name that a condition of a plan may use, with its type.

    `probe.field`, for a probe with sides also `probe.side.field`; `inputs.name` unless it is
    secret; `stage.since`, `stage.name` and `run.id`.
    """
    found = {"stage.since": "timestamp", "stage.name": "string", "run.id": "string"}
    for name, given in plan.inputs.items():
        if not given.secret:
            found[f"inputs.{name}"] = type_of_input(given.default)
    for name, probe in plan.probes.items():
        for field, kind in probe.returns.items():
            found[f"{name}.{field}"] = kind
            for side in probe.sides:
                found[f"{name}.{side}.{field}"] = kind
    return tuple(sorted(found.items()))


def type_of_input(default: object) -> str:
    """Return the type of an input: that of its default, else `string`."""
    match default:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "double"
        case _:
            return "string"


@lru_cache(maxsize=64)
def _environment(types: Types) -> cel.Env:
    return cel.NewEnv(variables={name: _type(kind) for name, kind in types})


def _type(kind: str) -> cel.Type:
    if kind.startswith("list("):
        return cel.Type.List(_OF_TYPE[kind[5:-1]])
    return _OF_TYPE[kind]


def _is_same(before: list[object], now: list[object]) -> bool:
    """Say whether values are the same in value and type; lists are never looked through."""
    return before == now and all(
        type(one) is type(other) and not isinstance(one, (list, tuple))
        for one, other in zip(before, now, strict=True)
    )


def _is_there(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, (list, tuple)):
        return all(_is_there(one) for one in value)
    return value is not None


def _fitting(name: str, kind: str, value: object) -> object:
    """Return a value as CEL takes it; raises `NotEvaluated` if it is not of the type."""
    if kind.startswith("list(") and isinstance(value, (list, tuple)):
        return [_fitting(name, kind[5:-1], one) for one in value]
    match kind, value:
        case ("bool", bool()) | ("string", str()) | ("timestamp", datetime()):
            return value
        case ("int", int()) if not isinstance(value, bool):
            return value
        case ("double", int() | float()) if not isinstance(value, bool):
            return float(value)
        case ("timestamp", str()):
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                pass
    found = type(value).__name__
    raise NotEvaluated(f"{name} is declared {kind} and came as {found}", where=name)


def _flaws(text: str, message: str, names: list[str]) -> Iterator[Flaw]:
    for line, column, what in _ERROR.findall(message):
        said = what.removesuffix(" [INVALID_ARGUMENT]").strip()
        yield _flaw(text, int(line), int(column), said, names)


def _flaw(text: str, line: int, column: int, said: str, names: list[str]) -> Flaw:
    row = (text.splitlines() or [""])[min(line, len(text.splitlines()) or 1) - 1]
    if found := _UNDECLARED.search(said):
        return _unknown(row, line, column, found[1], names)
    if found := _OVERLOAD.search(said):
        operator = found[1].strip("_").replace("_", " ")
        sides = found[2].replace(", ", " and ")
        if {one.strip() for one in found[2].split(",")} == {"int", "double"}:
            return Flaw(line, column, _mixed(row, column, found[2], operator))
        return Flaw(line, column, f"`{operator}` does not go with {sides}")
    if "'= '" in said or "'='" in said:
        return Flaw(line, column, "`=` compares nothing: write `==`")
    if "Syntax error" in said:
        said = "this is no whole condition: " + said.partition(": ")[2].partition(" expecting ")[0]
    return Flaw(line, column, said)


def _unknown(row: str, line: int, column: int, name: str, names: list[str]) -> Flaw:
    """Place an unknown name at its beginning, with the whole dotted word that stands there."""
    start = column - 1
    while start > 0 and (row[start - 1].isalnum() or row[start - 1] in "_."):
        start -= 1
    if start == column - 1 and (word := row.rfind(name, 0, column)) >= 0:
        start = word
    whole = re.match(r"[\w.]+", row[start:])
    word_there = whole[0] if whole else name
    if row[start + len(word_there) :].lstrip().startswith("("):
        if word_there.lower() in _CLOCKS:
            what = f"`{word_there}()` is unknown: time is the driver's, use stage.since"
            return Flaw(line, start + 1, what)
        what = f"the function `{word_there}` is unknown"
        return Flaw(line, start + 1, what, nearest(word_there, _FUNCTIONS))
    return Flaw(line, start + 1, f"unknown name `{word_there}`", nearest(word_there, names))


def _mixed(row: str, column: int, kinds: str, operator: str) -> str:
    """Say how to write a comparison of int with double: `95.0`, not `95`."""
    whole = r"(?<![\w.])(\d+)(?![\w.])"
    right = re.search(whole, row[column - 1 :])
    left = re.findall(whole, row[: column - 1])
    what = f"`{operator}` does not go with {kinds.replace(', ', ' and ')}"
    number = right[1] if kinds.endswith("int") and right else None
    if number is None and kinds.startswith("int") and left:
        number = left[-1]
    return f"{what}: write {number}.0" if number else f"{what}: write double(…) around the int"


def _an(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


__all__ = [
    "Condition",
    "ConditionRefused",
    "Flaw",
    "MissingField",
    "NotEvaluated",
    "Types",
    "condition",
    "type_of_input",
    "types_of",
]
