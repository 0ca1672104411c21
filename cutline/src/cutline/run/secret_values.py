"""Which values of a run are secret: secret inputs, and what the plan takes from the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from cutline.plan.interpolate import Given
from cutline.plan.model import Plan
from cutline.plan.part import EnvRef
from cutline.plan.secret import Secret


def secret_values(
    plan: Plan, inputs: Mapping[str, Given], environ: Mapping[str, str]
) -> tuple[str, ...]:
    """Return every value that must not be written anywhere; none of them is empty.

    The path of the signing key is no secret: its content is, and it is never read into a run.
    """
    given = [_text(value) for name, value in inputs.items() if _is_secret(plan, name, value)]
    parts = [getattr(plan, name) for name in type(plan).model_fields if name != "evidence"]
    named = [environ.get(name, "") for part in parts for name in _names(part)]
    return tuple(dict.fromkeys(value for value in (*given, *named) if value))


def _is_secret(plan: Plan, name: str, value: Given) -> bool:
    """Say whether an input is secret, also where it was revealed already."""
    return isinstance(value, Secret) or (name in plan.inputs and plan.inputs[name].secret)


def _text(value: Given) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)


def _names(part: object) -> Iterator[str]:
    """Yield the names of environment variables that a part of a plan refers to."""
    match part:
        case EnvRef():
            yield part.env
        case BaseModel():
            for name in type(part).model_fields:
                yield from _names(getattr(part, name))
        case Mapping():
            for one in part.values():
                yield from _names(one)
        case tuple() | list():
            for one in part:
                yield from _names(one)
        case _:
            return
