"""The gate `check`: a condition in CEL."""

from __future__ import annotations

from collections.abc import Mapping

from cutline.gates.conditions import Conditions
from cutline.gates.field import value
from cutline.gates.seen import Seen
from cutline.gates.verdict import Figures, Judged, Verdict

LONGEST_TEXT = 80
_HOLDS = {True: (Verdict.PASS, "holds"), False: (Verdict.FAIL, "does not hold")}


def judge_check(text: str, seen: Seen, conditions: Conditions) -> Judged:
    """Judge a condition; every field that it names must be there, also under `||`.

    Raises `CannotMeasure` for a field without a value and for a condition without an answer.
    """
    compiled = conditions.compiled(text)
    readings, now, fresh_s = seen.readings, seen.now, conditions.fresh_s
    measured: dict[str, object] = {
        name: value(field, readings, now, fresh_s.get(field.probe))
        for name, field in compiled.fields
    }
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
