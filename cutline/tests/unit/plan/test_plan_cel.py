"""Conditions: compiled, typed, and blind where a value is missing."""

from __future__ import annotations

import pytest

from cutline.plan.cel import ConditionRefused, MissingField, NotEvaluated, condition

TYPES = (
    ("health.ok", "bool"),
    ("health.status", "string"),
    ("imports.pct", "double"),
    ("imports.seconds", "list(double)"),
    ("imports.stuck", "int"),
    ("imports.v1.stuck", "int"),
    ("stage.since", "timestamp"),
)


def refusal(text: str) -> ConditionRefused:
    with pytest.raises(ConditionRefused) as caught:
        condition(text, TYPES)
    return caught.value


def test_a_condition_holds_or_not() -> None:
    """The values by dotted name decide, those of a side too."""
    both = condition("imports.stuck == 0 && imports.v1.stuck < 3", TYPES)
    assert both.names == ("imports.stuck", "imports.v1.stuck")
    assert both.holds({"imports.stuck": 0, "imports.v1.stuck": 2})
    assert not both.holds({"imports.stuck": 1, "imports.v1.stuck": 2})


def test_a_missing_field_is_blind_also_under_or() -> None:
    """`true || missing` would be true: what is missing is found before anything is evaluated."""
    either = condition('health.status == "healthy" || imports.stuck == 0', TYPES)
    with pytest.raises(MissingField) as caught:
        either.holds({"health.status": "healthy"})
    assert caught.value.names == ("imports.stuck",)
    with pytest.raises(MissingField):
        either.holds({"health.status": "healthy", "imports.stuck": None})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_missing(value: float) -> None:
    """`!(NaN > 2.0)` would be true."""
    with pytest.raises(MissingField):
        condition("!(imports.pct > 2.0)", TYPES).holds({"imports.pct": value})
    with pytest.raises(MissingField):
        condition("imports.seconds.all(s, s < 2.0)", TYPES).holds({"imports.seconds": [1.0, value]})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1 / imports.stuck > 0", {"imports.stuck": 0}),
        ("imports.stuck == 1", {"imports.stuck": True}),
        ("imports.stuck == 1", {"imports.stuck": 1.5}),
        ("health.ok", {"health.ok": "true"}),
        ("imports.seconds[0] > 1.0", {"imports.seconds": []}),
        ('stage.since < timestamp("2026-01-01T00:00:00Z")', {"stage.since": "yesterday"}),
    ],
)
def test_what_has_no_answer_is_no_pass(text: str, values: dict[str, object]) -> None:
    """A division by zero, an index outside, a wrong type: an error that becomes blind."""
    with pytest.raises(NotEvaluated):
        condition(text, TYPES).holds(values)


def test_a_name_inside_a_text_is_no_field() -> None:
    """What is asked for comes from the compiler, not from a search."""
    assert condition('health.status == "imports.stuck"', TYPES).names == ("health.status",)


@pytest.mark.parametrize(
    ("text", "line", "column", "what", "nearest"),
    [
        ('health.sttus == "x"', 1, 1, "unknown name `health.sttus`", "health.status"),
        ("imports.stuck == 0 ||\n  helth.ok", 2, 3, "unknown name `helth.ok`", "health.ok"),
        ("imports.pct > 95", 1, 13, "write 95.0", None),
        ("95 < imports.pct", 1, 4, "write 95.0", None),
        ("imports.stuck", 1, 1, "is an int", None),
        ("imports.stuck = 0", 1, 15, "write `==`", None),
        ("imports.stuck ==", 1, 17, "no whole condition", None),
        ("now() > stage.since", 1, 1, "time is the driver's", None),
        ("siz(imports.seconds) > 1", 1, 1, "function `siz`", "size"),
        ('imports.stuck == "a"', 1, 15, "int and string", None),
        ("imports.stuck > ${inputs.x}", 1, 17, "not read in a condition", None),
        ("(" * 100, 1, 1, "recursion", None),
        ("true " * 1000, 1, 1, "longer than", None),
        ("", 1, 1, "no whole condition", None),
    ],
)
def test_a_refusal_names_the_place_and_the_right_word(
    text: str, line: int, column: int, what: str, nearest: str | None
) -> None:
    """Line and column within the condition, what is wrong, and what was probably meant."""
    flaw = refusal(text).flaws[0]
    assert (flaw.line, flaw.column, flaw.nearest) == (line, column, nearest)
    assert what in flaw.what
