"""The shape of a plan: data against the models, and every error back at its place."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cutline.plan.document import Loc, Spot
from cutline.plan.fault import Fault, at, nearest
from cutline.plan.kind import Kinds, offered
from cutline.plan.model import Plan
from cutline.plan.source import Source

M = TypeVar("M", bound=BaseModel)
_CHOICE = "|"  # no key of a plan
_QUOTED = re.compile(r"'([^']*)'")
_WANTED = {
    "string": "a text is wanted: put it into quotes",
    "int": "a whole number is wanted",
    "float": "a number is wanted",
    "bool": "true or false is wanted",
    "tuple": "a list is wanted",
    "dict": "keys with values are wanted",
    "model": "keys with values are wanted",
    "date": "a date such as 2026-12-24 is wanted",
    "datetime": "an instant such as 2026-12-24T09:00:00Z is wanted",
}


def shaped(
    data: Mapping[str, Any],
    spots: Mapping[Loc, Spot],
    file: str,
    hidden: Collection[Loc] = (),
) -> Plan | list[Fault]:
    """Return the plan that the data means, or everything that is wrong with its shape.

    What stands at the paths of `hidden` is shown in no fault.
    """
    return shaped_as(Plan, data, Source(file, spots), hidden)


def shaped_as(
    model: type[M], data: Mapping[str, Any], source: Source, hidden: Collection[Loc] = ()
) -> M | list[Fault]:
    """Return the data of a file as a model, likewise: a scenario is read as a plan is."""
    try:
        return model.model_validate(_frozen(data), strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        return _faults(error, model, data, source, hidden)


def _frozen(data: object) -> Any:  # noqa: ANN401  # plain data
    """Return data with tuples for lists: strict reading takes a list for no tuple."""
    match data:
        case dict():
            return {name: _frozen(value) for name, value in data.items()}
        case list():
            return tuple(_frozen(value) for value in data)
        case _:
            return data


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys that a plan may write in a part, those of installed packages included."""
    own = [field.alias or name for name, field in model.model_fields.items() if name != "extension"]
    if issubclass(model, Kinds) and model.entry_points is not None:
        own += sorted(offered(model.entry_points))
    return tuple(own)


def models_at(
    loc: Iterable[str | int], root: type[BaseModel] = Plan
) -> tuple[type[BaseModel], ...]:
    """Return the models that may stand at a path of a plan: several where a key has a choice."""
    found: list[Any] = [root]
    for step in loc:
        found = [inner for kind in found for inner in _inside(kind, step)]
    return tuple(kind for kind in _unfolded(found) if _is_model(kind))


def _faults(
    error: ValidationError,
    model: type[BaseModel],
    data: object,
    source: Source,
    hidden: Collection[Loc],
) -> list[Fault]:
    found: dict[tuple[Loc, str], Fault] = {}
    for one in error.errors(include_url=False):
        loc = _standing(one["loc"], data)
        if any(known[: len(loc)] == loc for known in hidden) and one["type"] != "extra_forbidden":
            continue  # refused as a secret already
        fault = _fault(one, loc, model, source)
        # A choice (text or `env:`) fails once for each of its forms: one fault a place is enough.
        is_missing = one["type"] == "missing"
        key = str(one["loc"][-1]) if is_missing else _CHOICE if len(one["loc"]) > len(loc) else ""
        found.setdefault((loc, key), fault)
    # `stagse` is unknown and `stages` is missing: that is one fault, and the first names both.
    misspelt = {(loc[:-1], fault.nearest) for (loc, _), fault in found.items() if fault.nearest}
    return [fault for (loc, key), fault in found.items() if (loc, key) not in misspelt]


def _standing(loc: tuple[str | int, ...], data: object) -> Loc:
    """Return the part of pydantic's path that stands in the file: it adds names of its own."""
    found: list[str | int] = []
    for step in loc:
        match data, step:
            case dict(), str() if step in data:
                data = data[step]
            case list(), int() if step < len(data):
                data = data[step]
            case _:
                continue
        found.append(step)
    return tuple(found)


def _fault(one: ErrorDetails, loc: Loc, root: type[BaseModel], source: Source) -> Fault:
    here = source.spot(loc)
    kind, last = one["type"], str(one["loc"][-1]) if one["loc"] else ""
    if kind == "extra_forbidden":
        known = {key for model in models_at(loc[:-1], root) for key in keys_of(model)}
        return at(here.key, f"unknown key `{last}`", nearest(last, known - {last}))
    if kind == "missing":
        name = f" of `{loc[-1]}`" if loc else ""
        return at(here.key, f"the key `{last}`{name} is missing")
    if kind == "literal_error":
        words = _QUOTED.findall(str(one.get("ctx", {}).get("expected", "")))
        listed = ", ".join(words) or str(one.get("ctx", {}).get("expected"))
        what = f"`{loc[-1] if loc else last}` is one of {listed}; found {_shown(one['input'])}"
        return at(here.value, what, nearest(str(one["input"]), words))
    return at(here.value, _words(one, loc))


def _words(one: ErrorDetails, loc: Loc) -> str:
    kind, name = one["type"], f"`{loc[-1]}`: " if loc else ""
    if kind == "value_error":
        return name + one["msg"].removeprefix("Value error, ")
    wanted = _WANTED.get(kind.removesuffix("_type").removesuffix("_parsing").split("_from")[0])
    if wanted is not None:
        return f"{name}{wanted}; found {_shown(one['input'])}"
    said = one["msg"][0].lower() + one["msg"][1:]
    return name + said.replace("input should", "it should").replace("tuple", "list")


def _shown(value: object) -> str:
    match value:
        case dict():
            return "keys with values"
        case list() | tuple():
            return "a list"
        case None:
            return "nothing"
        case str():
            return repr(value if len(value) <= 40 else value[:40] + "…")  # noqa: PLR2004  # a line
        case _:
            return json.dumps(value)


def _inside(kind: object, step: str | int) -> list[Any]:
    """Return what may stand under a key or an index of a type."""
    found: list[Any] = []
    for one in _unfolded([kind]):
        if _is_model(one):
            for name, field in one.model_fields.items():
                if step == (field.alias or name):
                    found.append(field.annotation)
        elif get_origin(one) is dict and isinstance(step, str):
            found.append(get_args(one)[1])
        elif get_origin(one) is tuple and isinstance(step, int):
            found.append(get_args(one)[0])
    return found


def _unfolded(kinds: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for kind in kinds:
        if get_origin(kind) in {Union, types.UnionType}:
            found += _unfolded(get_args(kind))
        elif hasattr(kind, "__metadata__"):
            found += _unfolded([get_args(kind)[0]])
        else:
            found.append(kind)
    return found


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
