"""The inputs of a plan: what environments differ by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cutline.plan.cel import type_of_input
from cutline.plan.fault import nearest
from cutline.plan.literal import kind_of_secret
from cutline.plan.model import Input
from cutline.plan.secret import Secret

Scalar = str | int | float | bool
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Resolved:
    """The values by name, secret ones as `Secret`; names without any; and what was refused.

    `wrong` is by the name of the input, in words.
    """

    values: Mapping[str, Scalar | Secret]
    missing: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    meant: Mapping[str, str | None] = field(default_factory=dict)


def resolve(
    declared: Mapping[str, Input],
    texts: Mapping[str, str],
    from_files: Mapping[str, object],
    environment: Mapping[str, str],
) -> Resolved:
    """Return the value of each input: from `texts` (--input), else files, environment, default.

    A secret comes from the environment alone. A text is read as the type of the default.
    """
    values: dict[str, Scalar | Secret] = {}
    missing: list[str] = []
    wrong: dict[str, str] = {}
    meant: dict[str, str | None] = {}
    for name in [*texts, *from_files]:
        if name not in declared:
            wrong[name] = f"the plan has no input `{name}`"
            meant[name] = nearest(name, declared)
    for name, one in declared.items():
        if one.secret and (name in texts or name in from_files):
            wrong[name] = f"the secret input `{name}` comes from the environment alone{_env(one)}"
            continue
        try:
            value = _value(name, one, texts, from_files, environment)
        except ValueError as error:
            wrong[name] = str(error)
            continue
        if isinstance(value, str) and (kind := kind_of_secret(value)):
            wrong[name] = f"the input `{name}` holds a secret ({kind}): declare it `secret: true`"
        elif value is None:
            missing.append(name)
        else:
            values[name] = value
    return Resolved(values, tuple(missing), wrong, meant)


def how_to_give(name: str, one: Input) -> str:
    """Return the words that tell a person how to give an input."""
    if one.secret:
        return f"export {one.env}=…"
    given = f"--input {name}=…"
    return f"{given} or export {one.env}=…" if one.env else given


def _value(
    name: str,
    one: Input,
    texts: Mapping[str, str],
    from_files: Mapping[str, object],
    environment: Mapping[str, str],
) -> Scalar | Secret | None:
    kind = type_of_input(one.default)
    if name in texts:
        return _typed(name, kind, texts[name])
    if name in from_files:
        return _same(name, kind, from_files[name])
    if one.env is not None and environment.get(one.env):
        given = environment[one.env]
        return Secret(given) if one.secret else _typed(name, kind, given)
    return one.default


def _typed(name: str, kind: str, text: str) -> Scalar:
    try:
        match kind:
            case "bool":
                return _TRUTH[text.lower()]
            case "int":
                return int(text)
            case "double":
                return _finite(text)
            case _:
                return text
    except (KeyError, ValueError):
        raise ValueError(f"the input `{name}` is {kind}, and {text!r} is none") from None


def _finite(text: str) -> float:
    """Return a number; raises `ValueError` for NaN and infinity as for any other text."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _same(name: str, kind: str, value: object) -> Scalar:
    match kind, value:
        case ("string", str(text)):
            return text
        case ("bool", bool(truth)):
            return truth
        case ("int", int(number)) if not isinstance(value, bool):
            return number
        case ("double", int(measure) | float(measure)) if not isinstance(value, bool):
            return float(measure)
    hint = ": put it into quotes" if kind == "string" else ""
    raise ValueError(f"the input `{name}` is {kind}, and {value!r} is none{hint}")


def _env(one: Input) -> str:
    return f": export {one.env}=…" if one.env else ""
