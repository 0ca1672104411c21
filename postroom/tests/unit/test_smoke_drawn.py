"""Fields of two stores are the same where both hold them, and nowhere else."""

from __future__ import annotations

import pytest

from postroom.smoke.drawn import is_same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2026-01-01T10:00:00.1234567Z", "2026-01-01T10:00:00.123457Z", True),
        ("2026-01-01T10:00:00.1234565Z", "2026-01-01T10:00:00.123456Z", True),
        ("2026-01-01T10:00:00.9999999Z", "2026-01-01T10:00:01.000000Z", True),
        ("2026-01-01T10:00:00.1234567Z", "2026-01-01T10:00:00.123456Z", False),
        ("2026-01-01T10:00:00.1234567Z", "2026-01-02T10:00:00.123457Z", False),
        ("2026-01-01T10:00:00.1234567Z", "2026-01-01T10:00:00.1234567Z ", False),
        ("2026-01-01T10:00:00.9895296Z", "2026-01-01T10:00:00.98953Z", True),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00.0000004Z", True),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00.0000006Z", False),
        ([{"a": "x"}], [{"a": "x"}], True),
        ([{"a": "x"}], [{"a": "x", "b": None}], False),
        (["a"], ["a", "b"], False),
        (None, "", False),
        (1, 1, True),
    ],
)
def test_values_are_the_same_to_the_microsecond(one: object, other: object, same: bool) -> None:  # noqa: FBT001
    """An instant to half a microsecond; all else exactly."""
    assert is_same(one, other) is same
    assert is_same({"x": [one]}, {"x": [other]}) is same
