"""Fixtures of Postroom's tests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support import pipeline_worlds, s3
from tests_support.moving import Mover, service_login
from tests_support.workers import World

from postroom.archive import Archive, open_archive
from postroom.store import FolderStore, Store, open_store


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


@pytest.fixture(scope="session")
def service_dsn(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """DSN of a service that reads the registry, takes the role of each source, defines nothing."""
    dsn = service_login(postgres_dsn)
    Mover("first", tmp_path_factory.mktemp("first"), postgres_dsn, dsn).bootstrap()
    return dsn


@pytest.fixture
def mover(source_id: str, tmp_path: Path, postgres_dsn: str, service_dsn: str) -> Mover:
    """A source in its file that nobody moved yet, and who moves it step by step."""
    made = Mover(source_id, tmp_path, postgres_dsn, service_dsn)
    assert made.file
    return made


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """An empty object store."""
    return FolderStore(tmp_path / "store")


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The endpoint of an S3 on this machine."""
    with s3.moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def s3_url(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place in a bucket of the test's own, with the environment that leads to it."""
    s3.lead_to(moto, monkeypatch)
    return f"s3://{s3.new_bucket()}/mail"


@pytest.fixture
def s3_store(s3_url: str, tmp_path: Path) -> Store:
    """An empty object store in S3."""
    return open_store(s3_url, home=tmp_path)


@pytest.fixture(params=["folder", "s3"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """Each kind of object store in turn, empty."""
    name = "store" if request.param == "folder" else "s3_store"
    found: Store = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="session")
def empty_queue(postgres_server: str) -> Iterator[str]:
    """Name of a database that holds an empty queue."""
    with pipeline_worlds.template(postgres_server) as name:
        yield name


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A source and a queue that the tests of a module share, in each engine."""
    folder = tmp_path_factory.mktemp("world")
    if request.param == "sqlite":
        with pipeline_worlds.world(folder) as made:
            yield made
        return
    names = ("postgres_server", "postgres_dsn", "empty_queue")
    server, dsn, copy_of = (request.getfixturevalue(name) for name in names)
    with pipeline_worlds.world(folder, server, dsn, copy_of) as made:
        yield made
