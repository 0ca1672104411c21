"""A value that goes from SQLite to PostgreSQL and back is the same to the character."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.legacy.moments import utc
from postroom.move.carried_values import is_same, of_filetime, read_as_carried

_LAST = 2_650_467_743_999_999_989  # the last but one microsecond of the year 9999
_ROUND = "SELECT m::timestamptz FROM unnest(%s::text[]) WITH ORDINALITY AS t (m, n) ORDER BY n"

filetimes = st.integers(1, _LAST)
instants = st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='microseconds')}Z")


@pytest.fixture(scope="module")
def server(postgres_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that reads as a pass does."""
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        read_as_carried(connection)
        yield connection


def there_and_back(server: psycopg.Connection[Any], texts: list[str | None]) -> list[str | None]:
    """Let PostgreSQL hold moments as it does, and read them."""
    return [row[0] for row in server.execute(_ROUND, (texts,)).fetchall()]


@settings(deadline=None)
@given(ticks=st.lists(filetimes, min_size=1, max_size=50))
def test_a_moment_of_a_filetime_gets_its_seventh_digit_back(
    server: psycopg.Connection[Any], ticks: list[int]
) -> None:
    """PostgreSQL rounds it away, up or down; the FILETIME beside it knows."""
    texts = [utc(each) for each in ticks]
    seen = there_and_back(server, texts)
    assert [of_filetime(*pair) for pair in zip(seen, ticks, strict=True)] == texts
    pairs = zip(texts, seen, strict=True)
    assert all(is_same(here, there, is_moment=True) for here, there in pairs)


@settings(deadline=None)
@given(texts=st.lists(instants, min_size=1, max_size=50), other=filetimes)
def test_any_other_moment_is_as_it_was(
    server: psycopg.Connection[Any], texts: list[str], other: int
) -> None:
    """Microseconds come back, with all six digits; a FILETIME of another moment changes nothing."""
    seen = there_and_back(server, [*texts])
    assert seen == texts
    near = utc(other)
    assert near is not None
    for text in texts:
        if text[:19] != near[:19]:
            assert of_filetime(text, other) == text


@given(number=st.floats(width=32, allow_nan=False, allow_infinity=False), text=st.text())
def test_what_is_not_the_same_is_told(number: float, text: str) -> None:
    """A number is compared in the four bytes that PostgreSQL keeps, a text to the character."""
    assert is_same(number, number, is_moment=False)
    assert not is_same(number, number + max(abs(number), 1.0), is_moment=False)
    assert is_same(text, text, is_moment=True)
    assert not is_same(text, f"{text}x", is_moment=True)
    assert not is_same(text, None, is_moment=False)
