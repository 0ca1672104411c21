"""The hours in which traffic may rise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cutline.plan.hours import is_open, spans
from cutline.plan.model import Hours

BERLIN = Hours.model_validate(
    {
        "raise": "Mon-Thu 09:00-16:00, Fri 09:00-12:00",
        "zone": "Europe/Berlin",
        "not_on": ["2026-12-24"],
    }
)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-23T09:00:00+01:00", True),
        ("2026-02-23T08:59:59+01:00", False),
        ("2026-02-23T16:00:00+01:00", False),
        ("2026-02-27T11:59:00+01:00", True),
        ("2026-02-27T13:00:00+01:00", False),
        ("2026-02-28T10:00:00+01:00", False),
        ("2026-12-24T10:00:00+01:00", False),
        ("2026-07-06T07:00:00+00:00", True),
        ("2026-01-05T07:30:00+00:00", False),
    ],
)
def test_hours_are_those_of_their_zone(text: str, *, expected: bool) -> None:
    """Weekday, span, day off and summer time are read where the people are."""
    assert is_open(BERLIN, instant(text)) is expected


def test_without_hours_it_is_always_open() -> None:
    """A plan that says no hours may raise at any time."""
    assert is_open(None, datetime(2026, 1, 3, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Mon-Thu", "no hours"),
        ("Mno-Thu 09:00-10:00", "did you mean `Mon`"),
        ("Mon 16:00-09:00", "ends before it begins"),
        ("Mon 09:00-25:00", "no time of a day"),
        ("", "no hours"),
    ],
)
def test_what_are_no_hours_is_said(text: str, why: str) -> None:
    """A text that is not understood is refused with what to write."""
    with pytest.raises(ValueError, match=why):
        spans(text)


def test_days_may_wrap_over_the_week() -> None:
    """`Sat-Mon` is three days."""
    (span,) = spans("Sat-Mon 00:00-24:00")
    assert span.days == {5, 6, 0}
    assert span.until_m == 24 * 60
