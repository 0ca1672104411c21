"""Fixtures of the contract tests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support.api import Service, service

from postroom.commands.where import Where


@pytest.fixture
def where(backend_dsn: str | None, source_id: str, tmp_path: Path) -> Where:
    """A source that is not made yet, once in SQLite and once in PostgreSQL."""
    return Where(source_id, tmp_path, backend_dsn)


@pytest.fixture
def running(where: Where) -> Iterator[Service]:
    """The HTTP service of that source."""
    with service(where) as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared_where(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Where:
    """A source that all tests of a module share, once in each engine."""
    dsn = None if request.param == "sqlite" else request.getfixturevalue("postgres_dsn")
    return Where(f"T{secrets.token_hex(6)}", tmp_path_factory.mktemp("home"), dsn)


@pytest.fixture(scope="module")
def shared(shared_where: Where) -> Iterator[Service]:
    """The HTTP service of that source."""
    with service(shared_where) as found:
        yield found
