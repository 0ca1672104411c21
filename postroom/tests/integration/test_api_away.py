"""The archive goes away for a while under a running service."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests_support import postgres
from tests_support.api import Service, pst, service
from tests_support.api_mails import fill

from postroom.api import registration
from postroom.commands.where import Where
from postroom.errors import NotReadable


def check_away(running: Service) -> None:
    """Each kind of request is told to come again, by words that name no path and no host."""
    for answer in (
        running.client.get("/items"),
        running.post("/pst", pst()),
        running.client.get("/stats"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "away")
        assert re.fullmatch(r"\d+", answer.headers["Retry-After"])
        assert str(running.where.home) not in answer.text
    health = running.client.get("/health")
    assert (health.status_code, health.json()["ok"]) == (503, False)
    assert running.uploads == []
    assert any(line["event"] == "problem" for line in running.log)


def test_a_sqlite_file_that_goes_and_comes(tmp_path: Path) -> None:
    """While it is away nothing is kept; back again it is served without a restart."""
    where = Where("acme", tmp_path, None)
    with service(where) as running:
        filled = fill(running.archive, where.store())
        for path in running.uploads:
            path.unlink()
        assert running.client.get("/items").json()["total"] == len(filled.ids)
        folder = tmp_path / "sources"
        folder.rename(tmp_path / "away")
        check_away(running)
        (tmp_path / "away").rename(folder)
        assert running.client.get("/items").json()["total"] == len(filled.ids)
        assert running.post("/pst", pst()).status_code == 201


def test_an_archive_that_goes_away_in_a_commit_leaves_no_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be told then is looked at again by the next upload: the object is taken back."""
    where, folder = Where("acme", tmp_path, None), tmp_path / "sources"
    real = registration._commit

    def gone(*_: object) -> None:
        folder.rename(tmp_path / "away")
        raise NotReadable("the archive went away")

    with service(where) as running:
        monkeypatch.setattr(registration, "_commit", gone)
        assert running.post("/pst", pst()).status_code == 503
        assert len(running.uploads) == 1
        (tmp_path / "away").rename(folder)
        monkeypatch.setattr(registration, "_commit", real)
        assert running.post("/pst", pst()).status_code == 201
        assert len(running.uploads) == 1
        assert len(running.client.get("/pst").json()["ingests"]) == 1


def test_a_postgres_that_goes_and_comes(tmp_path: Path) -> None:
    """A server that ended with its connections is found again when it is back."""
    if os.environ.get("POSTROOM_TEST_DSN"):
        pytest.skip("the server of POSTROOM_TEST_DSN is not ours to stop")
    try:
        with postgres.server() as dsn:
            folder = Path(conninfo_to_dict(dsn)["host"])
            where = Where("acme", tmp_path, make_conninfo(dsn))
            with service(where) as running:
                assert running.client.get("/items").json()["total"] == 0
                hide(folder)
                running.client.get("/items")  # its open connection may still answer
                drop(running)
                check_away(running)
                show(folder)
                assert running.client.get("/items").json()["total"] == 0
                assert running.post("/pst", pst()).status_code == 201
    except postgres.NoServerError as error:
        pytest.skip(f"NO POSTGRESQL: {error}")


def hide(folder: Path) -> None:
    """Take the sockets of the server away: nobody new gets in."""
    for path in folder.glob(".s.PGSQL.*"):
        path.rename(path.with_name(f"hidden{path.name}"))


def show(folder: Path) -> None:
    """Give them back."""
    for path in folder.glob("hidden*"):
        path.rename(path.with_name(path.name.removeprefix("hidden")))


def drop(running: Service) -> None:
    """Close what the service holds open, as a server that ends does."""
    import psycopg  # noqa: PLC0415

    hidden = conninfo_to_dict(str(running.where.dsn))["host"]
    show(Path(str(hidden)))
    with psycopg.connect(str(running.where.dsn), autocommit=True) as connection:
        hide(Path(str(hidden)))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'postroom'"
        )
