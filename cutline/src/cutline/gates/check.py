"""The gate `check`: a condition in CEL."""

from __future__ import annotations

from collections.abc import Mapping

from cutline.gates.conditions import Compiled, Conditions
from cutline.gates.field import fresh, missing
from cutline.gates.seen import Seen
from cutline.gates.verdict import Figures, Judged, Verdict

LONGEST_TEXT = 80
MOST_REMEMBERED = 4096
_HOLDS = {True: (Verdict.PASS, "holds"), False: (Verdict.FAIL, "does not hold")}


def judge_check(text: str, seen: Seen, conditions: Conditions) -> Judged:
    """Judge a condition; every field that it names must be there, also under `||`.

    Raises `CannotMeasure` for a field without a value and for a condition without an answer.
    """
    compiled = conditions.compiled(text)
    measured = _measured(compiled, seen, conditions)
    values = measured.values()
    # True and 1 are equal keys and no equal values. Lists are long, and seldom the same.
    key = (*values, *map(type, values))
    if tuple in key or list in key:
        return _judged(text, compiled, measured)
    judged = compiled.judged.get(key)
    if judged is None:
        if len(compiled.judged) >= MOST_REMEMBERED:
            compiled.judged.clear()
        judged = compiled.judged[key] = _judged(text, compiled, measured)
    return judged


def _measured(compiled: Compiled, seen: Seen, conditions: Conditions) -> dict[str, object]:
    """Return the values of all fields that a condition names; raises `NotMeasured`."""
    found: dict[str, object] = {}
    for source, fields in compiled.groups:
        reading = fresh(source, seen.readings, seen.now, conditions.fresh_s.get(source[0]))
        values = reading.values or {}
        for name, field in fields:
            one = values.get(field.name)
            if one is None:
                raise missing(field, reading)
            found[name] = one
    return found


def _judged(text: str, compiled: Compiled, measured: dict[str, object]) -> Judged:
    holds = compiled.condition.holds({**compiled.statics, **measured})
    verdict, word = _HOLDS[holds]
    return Judged(verdict, f"{text} {word}", figures(measured))


def figures(values: Mapping[str, object]) -> Figures:
    """Return values as figures: numbers, short texts, and of a list only its length."""
    found: Figures = {}
    for name, one in values.items():
        if isinstance(one, (int, float)):
            found[name] = one
        elif isinstance(one, str):
            found[name] = one if len(one) <= LONGEST_TEXT else one[: LONGEST_TEXT - 1] + "…"
        elif isinstance(one, (tuple, list)):
            found[f"size({name})"] = len(one)
    return found
