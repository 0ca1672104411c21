"""Settings of evidence and window that an input gives: put in before the plan is shaped.

How long a store keeps evidence and in which mode, and when a window opens, differ by environment
and are no texts but a choice, a duration, an instant. Everything else that names an input is a
text, filled in where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from cutline.plan.document import Loc
from cutline.plan.inputs import Scalar, resolve
from cutline.plan.interpolate import Given, NoValue, expand, named_inputs, names
from cutline.plan.model import Input
from cutline.plan.secret import Secret

SETTLED = (("evidence", "mode"), ("evidence", "keep"), ("window", "t0"))
_WITHOUT: Final[dict[Loc, dict[str, str]]] = {("window", "t0"): {"t0": "start+0s"}}


def settled(
    data: dict[str, Any],
    texts: Mapping[str, str],
    from_files: Mapping[str, object],
    environment: Mapping[str, str],
) -> dict[Loc, str]:
    """Put inputs into the settings that take them, in place; return what was refused.

    One whose input has no value is left out, as if the plan did not say it (a window opens at
    once): whoever may start without that value is told that it is missing.
    """
    wrong: dict[Loc, str] = {}
    declared = _declared(data.get("inputs"))
    values = named_inputs(_plain(resolve(declared, texts, from_files, environment).values))
    for part, key in SETTLED:
        within = data.get(part)
        text = within.get(key) if isinstance(within, dict) else None
        if not isinstance(within, dict) or not isinstance(text, str) or "${" not in text:
            continue
        loc: Loc = (part, key)
        try:
            within[key] = _put_in(text, values, declared)
        except (ValueError, NoValue) as error:
            wrong[loc] = str(error).partition("\n")[0]
            del within[key]
        if within.get(key) is None:
            within.pop(key, None)
            within.update(_WITHOUT.get(loc, {}))
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
