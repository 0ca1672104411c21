"""Fixtures of Postroom's tests."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from postroom.archive import Archive, open_archive
from postroom.store import FolderStore


@pytest.fixture(params=["sqlite", "postgres"])
def backend_dsn(request: pytest.FixtureRequest) -> str | None:
    """Each engine in turn: None for SQLite, a DSN for PostgreSQL."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgres_dsn")


@pytest.fixture
def source_id() -> str:
    """A source of the test's own: a file or a schema of its own."""
    return f"T{secrets.token_hex(6)}"


@pytest.fixture
def archive(backend_dsn: str | None, source_id: str, tmp_path: Path) -> Archive:
    """An empty archive, once in SQLite and once in PostgreSQL."""
    return open_archive(source_id, home=tmp_path, dsn=backend_dsn)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """An empty object store."""
    return FolderStore(tmp_path / "store")
