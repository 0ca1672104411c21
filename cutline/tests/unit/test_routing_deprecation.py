"""Deprecations: dates that hold, headers as the RFCs have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cutline.routing import Deprecation, WrongDeprecation
from cutline.routing.marker import with_member

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
GOOD = {
    "Deprecation": "@1772323200",
    "Sunset": "Mon, 01 Jun 2026 00:00:00 GMT",
    "Link": '</process-full-v2>; rel="successor-version"',
}


def test_the_headers_have_the_form_of_their_specifications() -> None:
    """RFC 9745, RFC 8594 and RFC 8288, whatever zone the dates were given in."""
    east = timezone(timedelta(hours=5, minutes=30))
    marked = Deprecation(
        SINCE.astimezone(east), datetime(2026, 6, 1, 5, 30, tzinfo=east), "/process-full-v2"
    )
    assert dict(marked.headers()) == {
        name.lower().encode(): value.encode() for name, value in GOOD.items()
    }
    assert marked.as_json() == {
        "since": "2026-03-01T00:00:00Z",
        "sunset": "2026-06-01T00:00:00Z",
        "successor": "/process-full-v2",
        "notice": "deprecated: use /process-full-v2 before Mon, 01 Jun 2026 00:00:00 GMT",
    }
    assert Deprecation.from_headers(GOOD) == marked


@pytest.mark.parametrize(
    "since", ["@1772323200", "Sun, 01 Mar 2026 00:00:00 GMT", "2026-03-01T00:00:00Z"]
)
def test_a_date_may_be_written_in_three_ways(since: str) -> None:
    """Each names the same moment."""
    assert Deprecation.of(since, "2026-06-01T00:00:00Z", "/v2").since == SINCE


@pytest.mark.parametrize(
    ("since", "sunset", "successor", "says"),
    [
        ("@1772323200", "Sat, 01 Mar 2026 00:00:00 GMT", "/v2", "that day is a Sunday"),
        ("@1772323201", "Sun, 01 Mar 2026 00:00:00 GMT", "/v2", "lies before the deprecation"),
        ("true", "Mon, 01 Jun 2026 00:00:00 GMT", "/v2", "since"),
        ("@1772323200", "Sun, 31 Feb 2026 00:00:00 GMT", "/v2", "day is out of range"),
        ("@1772323200", "Monday, 01-Jun-26 00:00:00 GMT", "/v2", "not of the form"),
        ("@1772323200", "mon, 01 jun 2026 00:00:00 gmt", "/v2", "not of the form"),
        ("2026-03-01T00:00:00", "2026-06-01T00:00:00Z", "/v2", "no time zone"),
        ("@999999999999", "Mon, 01 Jun 2026 00:00:00 GMT", "/v2", "since"),
        ("@1772323200", "2026-06-01T00:00:00Z", "/v2>; rel=x", "not a URL"),
        ("@1772323200", "2026-06-01T00:00:00Z", "/v2\r\nX: y", "not a URL"),
    ],
)
def test_a_deprecation_that_cannot_be_true_is_refused(
    since: str, sunset: str, successor: str, says: str
) -> None:
    """The wrong weekday and the draft's form were both seen in a published runbook."""
    with pytest.raises(WrongDeprecation, match=says):
        Deprecation.of(since, sunset, successor)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Deprecation": "true"}, "@1772323200"),
        ({"Sunset": "Sun, 01 Jun 2026 00:00:00 GMT"}, "that day is a Monday"),
        ({"Sunset": "2026-06-01T00:00:00Z"}, "not of the form"),
        ({"Sunset": "Thu, 01 Jan 2026 00:00:00 GMT"}, "before the deprecation"),
        ({"Link": '</v2>; rel="alternate"'}, "successor-version"),
        ({"Sunset": None}, "no such header"),
        ({"Deprecation": None}, "no such header"),
    ],
)
def test_headers_of_an_answer_are_read_strictly(change: dict[str, str | None], says: str) -> None:
    """A precondition that looks at headers refuses what a client could not use."""
    given = {name: value for name, value in (GOOD | change).items() if value is not None}
    with pytest.raises(WrongDeprecation, match=says):
        Deprecation.from_headers(given)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", b'{"m": 1}'),
        (b" { } \n", b' { "m": 1}'),
        (b'{"a": 1.0, "a": 1E400}', b'{"a": 1.0, "a": 1E400, "m": 1}'),
        ('{"é": "}"}'.encode(), '{"é": "}", "m": 1}'.encode()),
        (b'{"m": 2}', b'{"m": 2}'),
        (b"[1]", b"[1]"),
        (b"{broken", b"{broken"),
        (b"\xff{}", b"\xff{}"),
        (b"", b""),
        (b"[" * 100_000, b"[" * 100_000),
    ],
)
def test_a_member_is_set_into_an_object_and_nothing_else_changes(
    body: bytes, expected: bytes
) -> None:
    """Numbers, double keys and text keep their bytes; what is no object stays as it is."""
    assert with_member(body, "m", 1) == expected
