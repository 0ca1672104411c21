"""Fixtures that the tests of both distributions share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests_support import postgres

import cutline
import postroom

# Pytest names a test module by its path from here. Where these two were not imported yet, it would
# take the folders `cutline/` and `postroom/` of the checkout for the packages.
assert cutline.__file__
assert postroom.__file__


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """DSN of a superuser on a PostgreSQL server; without one: a failure in CI, a skip elsewhere."""
    try:
        with postgres.server() as dsn:
            yield dsn
    except postgres.NoServerError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs a PostgreSQL server: {error}", pytrace=False)
        pytest.skip(f"NO POSTGRESQL: {error}")


@pytest.fixture(scope="session")
def postgres_dsn(postgres_server: str) -> Iterator[str]:
    """DSN of a database that this test session has to itself."""
    with postgres.database(postgres_server) as dsn:
        yield dsn
