"""What people write to messages: notes, values and tags."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests_support.api import Service, service
from tests_support.api_mails import Filled, fill

from postroom.api.access import Caller, add
from postroom.commands.where import Where


@pytest.fixture
def filled(shared: Service) -> Filled:
    """Some messages."""
    return fill(shared.archive, shared.where.store())


def test_a_note_lives(shared: Service, filled: Filled) -> None:
    """It is written, read, changed, pinned above older ones, and deleted."""
    notes = f"/items/{filled.ids[0]}/notes"
    first = shared.client.post(notes, json={"body": "first"})
    assert first.status_code == 201
    assert first.json()["author"] == "local"
    second = shared.client.post(notes, json={"body": "second", "pinned": True}).json()
    assert [n["body"] for n in shared.client.get(notes).json()] == ["second", "first"]
    changed = shared.client.put(f"{notes}/{second['id']}", json={"body": "2", "pinned": False})
    assert (changed.json()["body"], changed.json()["pinned"]) == ("2", False)
    assert changed.json()["created_at"] == second["created_at"]
    assert shared.client.delete(f"{notes}/{second['id']}").status_code == 204
    assert [note["id"] for note in shared.client.get(notes).json()] == [first.json()["id"]]
    assert shared.client.delete(f"{notes}/{second['id']}").status_code == 404


def test_a_note_belongs_to_its_message(shared: Service, filled: Filled) -> None:
    """By the id of another message it is not found."""
    note = shared.client.post(f"/items/{filled.ids[0]}/notes", json={"body": "n"}).json()
    path = f"/items/{filled.ids[1]}/notes/{note['id']}"
    assert shared.client.put(path, json={"body": "x"}).status_code == 404
    assert shared.client.delete(path).status_code == 404


def test_the_words_of_a_note_are_its_authors(where: Where, tmp_path: Path) -> None:
    """Others may pin it but neither change nor delete it; an admin may."""
    tokens = tmp_path / "tokens.toml"
    for name, role in (("ann", "writer"), ("bob", "writer"), ("eve", "admin")):
        add(tokens, Caller(name, role, None), name)  # type: ignore[arg-type]
    with service(where, tokens=tokens) as running:
        item = fill(running.archive, where.store()).ids[0]

        def ask(name: str, method: str, path: str, **body: object) -> httpx.Response:
            headers = {"Authorization": f"Bearer {name}"}
            return running.client.request(method, path, headers=headers, json=body or None)

        note = ask("ann", "POST", f"/items/{item}/notes", body="mine").json()
        path = f"/items/{item}/notes/{note['id']}"
        assert note["author"] == "ann"
        assert ask("bob", "PUT", path, body="yours", pinned=False).status_code == 403
        assert ask("bob", "PUT", path, body="mine", pinned=True).json()["pinned"] is True
        assert ask("bob", "DELETE", path).status_code == 403
        assert ask("eve", "PUT", path, body="checked").json()["author"] == "ann"
        assert ask("ann", "DELETE", path).status_code == 204


def test_values_and_tags_live(shared: Service, filled: Filled) -> None:
    """A value is set, replaced and taken away; tags are a list, each once, in their order."""
    path = f"/items/{filled.ids[0]}/meta"
    assert shared.client.put(f"{path}/reviewed", json={"value": "no"}).json() == {"reviewed": "no"}
    assert shared.client.put(f"{path}/reviewed", json={"value": ""}).json() == {"reviewed": ""}
    tags = f"/items/{filled.ids[0]}/tags"
    assert shared.client.put(tags, json=["b", "ä", "b"]).json() == ["b", "ä"]
    assert shared.client.get(path).json() == {"reviewed": "", "tags": ["b", "ä"]}
    assert shared.client.delete(f"{path}/reviewed").status_code == 204
    assert shared.client.delete(f"{path}/reviewed").status_code == 404
    assert {"tag": "ä", "count": 1} in shared.client.get("/tags").json()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("meta/tags", '{"value": "x"}', 422),
        ("meta/a%20b", '{"value": "x"}', 422),
        ("meta/a", '{"value": 1}', 422),
        ("meta/a", '{"value": "x", "more": 1}', 422),
        ("meta/a", '{"value": "\\u0000"}', 422),
        ("meta/a", '{"value": "\\ud800"}', 422),
        ("meta/a", "no json", 422),
        ("meta/a", '{"value": "' + "x" * 20_001 + '"}', 422),
        ("meta/a", '{"value": "' + "x" * 1_100_000 + '"}', 413),
        ("tags", '[""]', 422),
        ("tags", '{"a": 1}', 422),
        ("tags", "[" * 200_000, 400),
    ],
)
def test_a_wrong_value_changes_nothing(
    shared: Service, filled: Filled, path: str, body: str, status: int
) -> None:
    """It is refused with its place in the request, and the refusal does not repeat it."""
    headers = {"Content-Type": "application/json"}
    url = f"/items/{filled.ids[0]}"
    answer = shared.client.put(f"{url}/{path}", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"code", "what", "where", "why", "remedy"}
    assert "xxxx" not in answer.text
    assert shared.client.get(f"{url}/meta").json() == {}


@pytest.mark.parametrize("path", ["", "/notes", "/meta"])
def test_an_unknown_message_is_not_found(shared: Service, path: str) -> None:
    """An id that nothing has is a 404 with the form of every error."""
    answer = shared.client.get(f"/items/{uuid4()}{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not-found"
    assert shared.client.get(f"/items/no-uuid{path}").status_code == 422
