"""The JSON schema of a plan, for editors; it accepts what `load` accepts, as far as it can."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from cutline.plan.kind import Kinds, offered
from cutline.plan.model import Plan
from cutline.plan.settled import SETTLED

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """Return the schema of a plan file, with the kinds that installed packages offer."""
    found = Plan.model_json_schema(by_alias=True)
    parts = found["$defs"]
    parts.pop("Extension", None)
    for kind in _kinds(Kinds):
        if kind.__name__ in parts:
            _one_of_its_kinds(parts[kind.__name__], kind)
    for part, key in SETTLED:  # an input may give them: see `cutline.plan.settled`
        plain = parts[part.capitalize()]["properties"][key]
        default = {"default": plain.pop("default")} if "default" in plain else {}
        placed = {"type": "string", "pattern": r"\$\{inputs\."}
        parts[part.capitalize()]["properties"][key] = {"anyOf": [plain, placed], **default}
    return {"$schema": DIALECT, **found, "title": "A plan of Cutline"}


def _kinds(model: type[BaseModel]) -> list[type[Kinds]]:
    return [one for one in model.__subclasses__() if issubclass(one, Kinds)]


def _one_of_its_kinds(part: dict[str, Any], kind: type[Kinds]) -> None:
    """Say that exactly one of the kinds is written, and that it is not null."""
    properties = part["properties"]
    properties.pop("extension", None)
    others = sorted(offered(kind.entry_points)) if kind.entry_points else []
    for name in others:
        properties[name] = {"description": "of an installed package"}
    for name in kind.kinds:
        forms = properties[name].get("anyOf")
        if forms is not None:
            kept = [form for form in forms if form.get("type") != "null"]
            properties[name] = {**properties[name], "anyOf": kept}
            properties[name].pop("default", None)
    part["oneOf"] = [{"required": [name]} for name in (*kind.kinds, *others)]
