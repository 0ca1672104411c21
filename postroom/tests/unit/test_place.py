"""Where sources lie, as a worker hands it to its children."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.pipeline.place import Place

DSN = "host=h user=u password=p"


@pytest.mark.parametrize(
    "place",
    [
        Place(Path("/home"), None),
        Place(Path("/home"), DSN, "s3://bucket"),
        Place(Path("/home"), None, "", registry=DSN),
        Place(Path("/home"), None, "", is_emergency=True),
    ],
)
def test_a_child_finds_what_its_worker_was_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All in files, all in PostgreSQL, by the registry, or an emergency: nothing gets mixed."""
    monkeypatch.setenv("POSTROOM_DSN", "of somebody else")
    monkeypatch.setenv("POSTROOM_BACKEND", "postgres")
    environment = place.environment()
    for name in ("POSTROOM_DSN", "POSTROOM_BACKEND", "POSTROOM_STORE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Place.from_environment() == place


def test_a_child_does_not_know_the_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    """What works on mail of strangers cannot define anything, whatever it is made to do."""
    monkeypatch.setenv("POSTROOM_ADMIN_DSN", "secret")
    assert "secret" not in Place(Path("/home"), None, registry=DSN).environment().values()


def test_no_secret_is_shown() -> None:
    """A DSN may hold a password."""
    assert "password" not in repr(Place(Path("/home"), DSN, registry=DSN))
