"""Settings of the evidence that an input gives: put in before the plan is shaped.

How long a store keeps evidence, and in which mode, differs by environment and is no text but a
choice and a duration. Everything else that names an input is a text, filled in where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cutline.plan.document import Loc
from cutline.plan.inputs import Scalar, resolve
from cutline.plan.interpolate import Given, NoValue, expand, named_inputs, names
from cutline.plan.model import Input
from cutline.plan.secret import Secret

SETTLED = ("mode", "keep")


def settled(
    data: dict[str, Any],
    texts: Mapping[str, str],
    from_files: Mapping[str, object],
    environment: Mapping[str, str],
) -> dict[Loc, str]:
    """Put inputs into `evidence.mode` and `evidence.keep`, in place; return what was refused.

    One whose input has no value is left out, as if the plan did not say it: whoever may start
    without that value is told that it is missing.
    """
    evidence = data.get("evidence")
    wrong: dict[Loc, str] = {}
    if not isinstance(evidence, dict):
        return wrong
    declared = _declared(data.get("inputs"))
    values = named_inputs(_plain(resolve(declared, texts, from_files, environment).values))
    for key in SETTLED:
        text = evidence.get(key)
        if not isinstance(text, str) or "${" not in text:
            continue
        loc: Loc = ("evidence", key)
        try:
            evidence[key] = _put_in(text, values, declared)
        except (ValueError, NoValue) as error:
            wrong[loc] = str(error).partition("\n")[0]
            del evidence[key]
        if evidence.get(key) is None:
            evidence.pop(key, None)
    return wrong


def _put_in(text: str, values: Mapping[str, Given], declared: Mapping[str, Input]) -> str | None:
    """Return the text with its values, or None if one of them is only missing so far."""
    wanted = [name for _, name in names(text)]
    for name in wanted:
        one = declared.get(name.removeprefix("inputs."))
        if name not in values and one is not None and not one.secret:
            return None
    return expand(text, values)


def _declared(inputs: object) -> dict[str, Input]:
    """Return the inputs that have the right shape; the others are refused with the plan's."""
    found = {}
    for name, one in inputs.items() if isinstance(inputs, dict) else ():
        try:
            found[name] = Input.model_validate(one, strict=True, by_alias=True, by_name=False)
        except ValidationError:
            continue
    return found


def _plain(values: Mapping[str, Scalar | Secret]) -> dict[str, Scalar | Secret]:
    return {name: value for name, value in values.items() if not isinstance(value, Secret)}
