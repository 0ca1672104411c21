"""No request sees two sources, whatever it names where."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_support.api import Service, service
from tests_support.api_mails import Filled, fill
from tests_support.moving import Mover

from postroom.api.access import Caller, add
from postroom.commands.where import Where

HIDDEN = "omega"
"""The word that everything in the other source begins with."""


@dataclass(frozen=True, slots=True)
class Two:
    """A service of two sources, and what is in each."""

    running: Service
    own: Filled
    other: Filled
    other_id: str

    def ask(self, path: str, who: str = "own", **request: Any) -> Any:
        """Send a request of that token's."""
        headers = [("Authorization", f"Bearer {who}"), *request.pop("headers", [])]
        return self.running.client.request(
            request.pop("method", "GET"), path, headers=headers, **request
        )


@pytest.fixture(scope="module", params=["sqlite", "postgres", "placed"])
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Two sources; the token `own` is for the first, `both` for both.

    Both are files, both are schemas, or the first has moved to PostgreSQL and the other has not.
    """
    dsn = None if request.param == "sqlite" else request.getfixturevalue("postgres_dsn")
    where = Where(f"T{secrets.token_hex(6)}", tmp_path_factory.mktemp("home"), dsn)
    if request.param == "placed":
        service_dsn = request.getfixturevalue("service_dsn")
        Mover(where.source_id, where.home, dsn, service_dsn).move()
        where = replace(where, dsn=None, registry=service_dsn)
    other_id = f"{where.source_id}-other"
    tokens = where.home / "tokens.toml"
    add(tokens, Caller("own", "writer", frozenset({where.source_id})), "own")
    add(tokens, Caller("both", "admin", frozenset({where.source_id, other_id})), "both")
    other = replace(where, source_id=other_id).archive(create=True)
    with service(where, tokens=tokens) as running:
        own = fill(running.archive, where.store())
        yield Two(running, own, fill(other, where.store(), HIDDEN), other_id)


def test_a_source_is_named_by_header_or_query(two: Two) -> None:
    """Either names it, both may if they are the same, and without any it is the default one."""
    for request in (
        {"headers": [("X-Source-ID", two.other_id)]},
        {"params": {"source_id": two.other_id}},
        {"headers": [("X-Source-ID", two.other_id)], "params": {"source_id": two.other_id}},
    ):
        answer = two.ask("/items", "both", **request)
        assert answer.headers["X-Source-ID"] == two.other_id
        assert {row["id"] for row in answer.json()["items"]} == set(two.other.ids)
    answer = two.ask("/items", "both")
    assert answer.headers["X-Source-ID"] == two.running.where.source_id
    assert {row["id"] for row in answer.json()["items"]} == set(two.own.ids)


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        (["A"], ["B"], 400),
        (["A", "B"], [], 400),
        ([], ["A", "B"], 400),
        (["A"], ["a"], 400),
        (["A"], [""], 400),
        ([""], [], 400),
        (["../x"], [], 400),
        (["no-such"], [], 400),
        ([], ["no-such"], 400),
    ],
)
def test_two_sources_or_none_that_is_there_are_refused(
    shared: Service, headers: list[str], query: list[str], status: int
) -> None:
    """Nothing falls back to the default source, and the answer is of no source."""
    answer = shared.client.get(
        "/stats",
        headers=[("X-Source-ID", value) for value in headers],
        params=[("source_id", value) for value in query],
    )
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "bad-request"
    assert answer.headers["X-Source-ID"] in ("-", "no-such")


def test_another_name_for_the_header(where: Where) -> None:
    """Behind a gateway that has a name of its own for it, the service takes that one alone."""
    with service(where, source_header="X-Tenant") as running:
        answer = running.client.get("/stats", headers={"X-Tenant": "no-such"})
        assert answer.status_code == 400
        answer = running.client.get("/stats", headers={"X-Source-ID": "no-such"})
        assert answer.status_code == 200
        assert answer.headers["X-Tenant"] == where.source_id


def paths_of(filled: Filled) -> list[tuple[str, str, Any]]:
    """Every route that takes an id, with ids of `filled`."""
    item, note = filled.ids[4], filled.pst_file_id
    return [
        ("GET", f"/pst/{filled.pst_file_id}/status", None),
        ("GET", f"/items/{item}", None),
        ("GET", f"/items/{item}/notes", None),
        ("POST", f"/items/{item}/notes", {"body": "x"}),
        ("PUT", f"/items/{item}/notes/{note}", {"body": "x"}),
        ("DELETE", f"/items/{item}/notes/{note}", None),
        ("GET", f"/items/{item}/meta", None),
        ("PUT", f"/items/{item}/meta/a", {"value": "x"}),
        ("DELETE", f"/items/{item}/meta/a", None),
        ("PUT", f"/items/{item}/tags", ["x"]),
        ("GET", f"/attachments/{filled.attachments['picture']}/content", None),
    ]


def test_a_foreign_id_is_an_unknown_one(two: Two) -> None:
    """An id of another source is answered as one that there is not: by the same words."""
    nowhere = fill_like(two.other)
    for (method, path, body), (_, unknown, _) in zip(
        paths_of(two.other), paths_of(nowhere), strict=True
    ):
        answers = [two.ask(one, method=method, json=body) for one in (path, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404], path
        texts = [json.dumps(answer.json()) for answer in answers]
        for filled, n in ((two.other, 0), (nowhere, 1)):
            for value in (*filled.ids, filled.pst_file_id, *filled.attachments.values()):
                texts[n] = texts[n].replace(value, "ID")
        assert texts[0] == texts[1]


def fill_like(filled: Filled) -> Filled:
    """The same ids, each with another end: nothing has them."""

    def changed(value: str) -> str:
        return value[:-4] + f"{int(value[-4:], 16) ^ 0xFFFF:04x}"

    return Filled(
        changed(filled.pst_file_id),
        tuple(map(changed, filled.ids)),
        {kind: changed(value) for kind, value in filled.attachments.items()},
    )


def test_a_cursor_of_another_source_is_refused(two: Two) -> None:
    """It says nothing of that source, not even whether it fits its query."""
    foreign = two.ask("/items", "both", params={"limit": 1, "source_id": two.other_id})
    answer = two.ask("/items", params={"limit": 1, "after": foreign.json()["next"]})
    assert answer.status_code == 400
    assert HIDDEN not in answer.text


def test_a_token_is_for_its_own_sources(two: Two) -> None:
    """A source of others and one that there is not are refused by the same answer."""
    for source_id in (two.other_id, "no-such"):
        answer = two.ask("/items", params={"source_id": source_id})
        assert answer.status_code == 403
        assert answer.headers["X-Source-ID"] == "-"
        assert source_id not in answer.text
    answer = two.ask("/health", headers=[("X-Source-ID", two.other_id)])
    assert answer.status_code == 403


NAMES = st.sampled_from(["own", "other", "no-such", "", "*"])
LISTS = st.lists(NAMES, max_size=2)


@settings(max_examples=2000 if os.environ.get("SOAK") else 60, deadline=None)
@given(data=st.data())
def test_nothing_of_another_source_ever_leaks(two: Two, data: st.DataObject) -> None:
    """Whatever a token of one source sends by header, query, id and cursor, it gets its own.

    No answer has a word, an id or the name of the other source.
    """
    names = {"own": two.running.where.source_id, "other": two.other_id}
    headers = [names.get(name, name) for name in data.draw(LISTS)]
    query = [names.get(name, name) for name in data.draw(LISTS)]
    lists = [("GET", path, None) for path in ("/items", "/folders", "/tags", "/stats", "/pst")]
    others = [
        ("GET", "/health", None),
        ("GET", f"/search?q={HIDDEN}", None),
        ("GET", "/metrics", None),
        ("POST", "/admin/bootstrap/schema", {"source_id": two.other_id}),
        *(
            (method, f"{prefix}/pst/{two.other.pst_file_id}/{verb}", None)
            for method, prefix, verb in (
                ("POST", "", "process"),
                ("POST", "/v2", "process"),
                ("POST", "", "cancel"),
            )
        ),
    ]
    method, path, body = data.draw(st.sampled_from([*paths_of(two.other), *lists, *others]))
    parameters = [("source_id", value) for value in query]
    if path in ("/items", "/pst") and data.draw(st.booleans()):
        page = two.ask(path, "both", params={"limit": 1, "source_id": two.other_id}).json()
        parameters += [("limit", "1"), ("after", page["next"] or "x")]
    if path == "/items" and data.draw(st.booleans()):
        parameters.append(("pst_file_id", two.other.pst_file_id))
    sent = [("X-Source-ID", value) for value in headers]
    if data.draw(st.booleans()):
        crafted = ["0", "1", "2", f"1/{two.other_id}", "-1"]
        sent.append(("X-Generation", data.draw(st.sampled_from(crafted))))
    answer = two.ask(path, method=method, headers=sent, params=parameters, json=body)
    assert answer.status_code < 500
    shown = answer.text + "".join(f"{k}: {v}\n" for k, v in answer.headers.items())
    for value in (path, *path.split("/")):
        shown = shown.replace(value, "") if len(value) > 9 else shown  # what it sent itself
    for hidden in (HIDDEN, two.other_id, *two.other.ids, two.other.pst_file_id):
        assert hidden not in shown
