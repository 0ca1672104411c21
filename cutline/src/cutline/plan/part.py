"""What every part of a plan has in common: frozen, and unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Part(BaseModel):
    """A part of a plan; in Python its fields have the names below, in YAML their aliases."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True
    )


class EnvRef(Part):
    """The name of an environment variable; its value is never written anywhere."""

    env: str


def thawed(value: object) -> object:
    """Return plain JSON with lists where reading a plan made tuples."""
    if isinstance(value, (list, tuple)):
        return [thawed(one) for one in value]
    if isinstance(value, dict):
        return {key: thawed(one) for key, one in value.items()}
    return value


Ref = str | EnvRef
Json = Annotated[Any, BeforeValidator(thawed)]
Command = Annotated[tuple[str, ...], Field(min_length=1)]
