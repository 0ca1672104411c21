"""What two rows are compared by: the same text in both engines."""

from __future__ import annotations

import pytest

from postroom.move.row_text import moment_text, postgres_text, real_text, sqlite_text
from postroom.move.tables import CARRIED

MOST_ARGUMENTS_IN_SQLITE = 127


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2026-11-20T12:34:56Z", "2026-11-20T12:34:56.000000Z"),
        ("2026-11-20T12:34:56.5Z", "2026-11-20T12:34:56.500000Z"),
        ("2026-11-20T12:34:56.123456Z", "2026-11-20T12:34:56.123456Z"),
        ("2026-11-20T12:34:56.1234564Z", "2026-11-20T12:34:56.123456Z"),
        ("2026-11-20T12:34:56.1234566Z", "2026-11-20T12:34:56.123457Z"),
        ("2026-12-31T23:59:59.9999999Z", "2027-01-01T00:00:00.000000Z"),
        ("no moment", "no moment"),
        (None, None),
    ],
)
def test_a_moment_is_written_to_the_microsecond(given: str | None, said: str | None) -> None:
    """What PostgreSQL does not keep is no difference; what is no moment stays as it is."""
    assert moment_text(given) == said


def test_a_real_is_written_by_its_bits() -> None:
    """Two doubles that PostgreSQL keeps as one number are one; others are not."""
    assert real_text(0.1) == real_text(0.1 + 1e-12)
    assert real_text(0.1) != real_text(0.1001)
    assert real_text(None) is None


@pytest.mark.parametrize("table", CARRIED, ids=lambda table: table.name)
def test_every_column_is_compared(table: object) -> None:
    """And no function gets more arguments than SQLite takes."""
    for column in table.columns:
        assert column.name in sqlite_text(table)
        assert column.name in postgres_text(table)
    assert sqlite_text(table).count(",") < MOST_ARGUMENTS_IN_SQLITE
