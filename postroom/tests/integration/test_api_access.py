"""Who is let in, how often, and from which pages."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests_support.api import Service, pst, service

from cutline.errors import CannotMeasure, WrongUsage
from postroom.api.access import Caller, Tokens, add, digest_of, new_token
from postroom.commands.where import Where


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """A file with a token for each role, whose words are their names."""
    return write_tokens(tmp_path / "tokens.toml")


def write_tokens(path: Path) -> Path:
    """Write one token for each role."""
    for role in ("reader", "writer", "admin"):
        add(path, Caller(role, role, None), role)  # type: ignore[arg-type]
    return path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with such tokens."""
    home = tmp_path_factory.mktemp("home")
    tokens = write_tokens(home / "tokens.toml")
    with service(Where("acme", home, None), tokens=tokens) as running:
        yield running


def bearer(token: str) -> dict[str, str]:
    """The header of that token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer nobody", "reader", "Basic reader", "Bearer reader x"],
)
def test_without_a_known_token_nothing_is_said(guarded: Service, authorization: str | None) -> None:
    """Each path, also one that there is not, is a 401 that names no source."""
    headers = {} if authorization is None else {"Authorization": authorization}
    for path in ("/items", "/stats", "/metrics", "/no-such", "/pst?source_id=acme"):
        answer = guarded.client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["X-Source-ID"] == "-"
        assert "acme" not in answer.text
    before = guarded.uploads
    assert guarded.post("/pst", pst(), headers=headers).status_code == 401
    assert guarded.uploads == before


def test_health_is_open_and_names_no_source(guarded: Service) -> None:
    """A balancer needs no token to see that the service works; which source it is is not told."""
    answer = guarded.client.get("/health").raise_for_status()
    assert answer.json()["ok"] is True
    assert answer.json()["source_id"] is None
    assert guarded.client.get("/health", headers=bearer("reader")).json()["source_id"] == "acme"
    assert guarded.client.get("/health", headers=bearer("nobody")).status_code == 401


def test_a_role_may_what_it_says(guarded: Service) -> None:
    """A reader reads, a writer also writes, an admin also sees the metrics."""

    def statuses(role: str) -> list[int]:
        headers = bearer(role)
        answers = (
            guarded.client.get("/items", headers=headers),
            guarded.post("/pst", pst(), headers=headers),
            guarded.client.get("/metrics", headers=headers),
        )
        return [answer.status_code for answer in answers]

    assert statuses("reader") == [200, 403, 403]
    assert statuses("writer") == [200, 201, 403]
    assert statuses("admin") == [200, 201, 200]


def test_a_token_that_was_taken_out_is_refused_at_once(guarded: Service) -> None:
    """The running service follows its file; a file that is not valid lets nobody in."""
    tokens = guarded.where.home / "tokens.toml"
    assert guarded.client.get("/items", headers=bearer("reader")).status_code == 200
    text = tokens.read_text()
    tokens.write_text(text.replace(digest_of("reader"), digest_of("other")))
    assert guarded.client.get("/items", headers=bearer("reader")).status_code == 401
    assert guarded.client.get("/items", headers=bearer("other")).status_code == 200
    tokens.write_text("no toml")
    assert guarded.client.get("/items", headers=bearer("writer")).status_code == 503
    tokens.write_text(text)
    assert guarded.client.get("/items", headers=bearer("reader")).status_code == 200


def test_a_file_holds_digests_for_its_owner(tmp_path: Path) -> None:
    """The token itself is nowhere in it, and others may neither read nor write it."""
    path, token = tmp_path / "t.toml", new_token()
    add(path, Caller("ann", "reader", frozenset({"acme"})), token)
    assert token not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    caller = Tokens(path).caller(f"Bearer {token}")
    assert (caller.name, caller.sees("acme"), caller.sees("Acme")) == ("ann", True, False)
    path.chmod(0o620)
    with pytest.raises(CannotMeasure, match="cannot be used"):
        Tokens(path)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": 'x"\nrole = "admin'},
        {"role": "root"},
        {"sources": frozenset({"../x"})},
        {"name": "reader"},
    ],
)
def test_an_entry_that_is_not_valid_is_not_written(tokens: Path, change: dict[str, Any]) -> None:
    """A name cannot smuggle in a role, and names are unique: the log tells people by them."""
    before = tokens.read_text()
    fields = {"name": "new", "role": "reader", "sources": None, **change}
    with pytest.raises(WrongUsage):
        add(tokens, Caller(**fields), "secret")
    assert tokens.read_text() == before


@pytest.mark.parametrize(
    "entry",
    [
        'name = "a"',
        'name = "a"\nrole = "reader"\nsources = []\nsha256 = "' + "0" * 64 + '"',
        'name = "a"\nrole = "reader"\nsources = ["x"]\nsha256 = "0"',
        'name = "a"\nrole = "reader"\nsources = ["x"]\nsha256 = "' + "0" * 64 + '"\nmore = 1',
    ],
)
def test_a_file_with_a_wrong_entry_is_refused_whole(tmp_path: Path, entry: str) -> None:
    """Rather nobody than somebody by mistake."""
    path = tmp_path / "tokens.toml"
    path.write_text(f"[[tokens]]\n{entry}\n")
    path.chmod(0o600)
    with pytest.raises(WrongUsage):
        Tokens(path)


def test_one_caller_cannot_take_all(tokens: Path, tmp_path: Path) -> None:
    """Over the limit is a 429 that says when; another caller is not held up by it."""
    where = Where("acme", tmp_path, None)
    with service(where, tokens=tokens, rate_per_s=0.5, burst=3) as running:
        statuses = [
            running.client.get("/items", headers=bearer("reader")).status_code for _ in range(4)
        ]
        assert statuses == [200, 200, 200, 429]
        refused = running.client.get("/items", headers=bearer("reader"))
        assert refused.headers["Retry-After"] == "2"
        assert refused.json()["error"]["code"] == "too-many"
        assert running.client.get("/items", headers=bearer("writer")).status_code == 200
        statuses = [running.client.get("/items").status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without tokens."""
    with service(Where("acme", tmp_path_factory.mktemp("home"), None)) as running:
        yield running


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "10.0.0.1", "", "[::", "a b"])
def test_without_tokens_only_this_machine_is_a_name(local: Service, host: str) -> None:
    """A name of others that was bound to this address is refused: its pages could read all."""
    answer = local.client.get("/items", headers={"Host": host})
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8440", "a.localhost"])
def test_this_machine_has_several_names(local: Service, host: str) -> None:
    """Each name of the loopback is one."""
    assert local.client.get("/items", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://[::"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_page_changes_nothing(local: Service, headers: dict[str, str]) -> None:
    """What a page of another origin sends without asking is refused."""
    before = local.uploads
    assert local.post("/pst", pst(), headers=headers).status_code == 403
    assert local.uploads == before
    own = {"Origin": local.url, "Sec-Fetch-Site": "same-origin"}
    assert local.post("/pst", pst(), headers=own).status_code == 201


def test_every_answer_is_marked(local: Service) -> None:
    """Also one of a path, a method or a source that there is not; no answer is for a cache."""
    ask = local.client.request
    answers = [
        ask("GET", "/items"),
        ask("GET", "/no-such"),
        ask("PATCH", "/items"),
        ask("TRACE", "/items"),
        ask("OPTIONS", "/items"),
        ask("GET", "/items", params={"limit": "x"}),
        ask("GET", "/items", params={"source_id": "no-such"}),
        ask("POST", "/pst", content=b"x"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 405, 405, 405, 422, 400, 415]
    for answer in answers:
        assert answer.headers["X-Backend"] == "sqlite"
        assert answer.headers["X-Source-ID"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        if answer.status_code != 200:
            assert set(answer.json()["error"]) == {"code", "what", "where", "why", "remedy"}
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == len(answers)
    given = ask("GET", "/stats", headers={"X-Request-ID": "run-7"})
    assert given.headers["X-Request-ID"] == "run-7"
    forged = ask("GET", "/stats", headers={"X-Request-ID": 'x" level="error'})
    assert forged.headers["X-Request-ID"] != 'x" level="error'
