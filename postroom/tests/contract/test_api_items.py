"""Lists of messages and single ones, on both engines."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import pytest
from tests_support.api import Service
from tests_support.api_mails import PNG, Filled, fill
from tests_support.mails import begin_ingest, insert, mail


@pytest.fixture(scope="module")
def filled(shared: Service) -> Filled:
    """Twelve messages, one of them with another inside."""
    return fill(shared.archive, shared.where.store())


def pages(client: httpx.Client, limit: int, **query: Any) -> list[dict[str, Any]]:
    """All rows of a list, a page at a time."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        parameters = {"limit": limit, **query} | ({"after": after} if after else {})
        page = client.get("/items", params=parameters).raise_for_status().json()
        rows += page["items"]
        if (after := page["next"]) is None:
            assert page["total"] == len(rows)
            return rows


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["sent_utc", "subject", "from_address"])
def test_pages_are_the_list(shared: Service, filled: Filled, sort: str, order: str) -> None:
    """Whatever is sorted by, all pages together are every message once, in that order.

    A message without the value stands where the least value would.
    """
    rows = pages(shared.client, 5, sort=sort, order=order)
    assert sorted(row["id"] for row in rows) == sorted(filled.ids)
    keys = [((row[sort] or "").lower(), row["id"]) for row in rows]
    assert all((a < b) == (order == "asc") for a, b in pairwise(keys))
    assert rows == pages(shared.client, 500, sort=sort, order=order)


def test_filters_choose(shared: Service, filled: Filled) -> None:
    """Each filter gives the messages that it says, and two give those that fit both."""
    ids = filled.ids

    def found(**query: Any) -> set[str]:
        return {row["id"] for row in pages(shared.client, 3, **query)}

    assert found(tag="both") == found(tag="alpha-hot") == {ids[3]}
    assert found(tag="none") == set()
    assert found(pinned=True) == {ids[4]}
    assert found(pinned=False) == set(ids) - {ids[4]}
    assert found(folder="alpha/in") == set(ids[1:12:2])
    assert found(folder="") == {*ids[0:12:2], ids[12]}
    assert found(thread_id=filled.pst_file_id) == set(ids[:3])
    assert found(thread_id=filled.pst_file_id, folder="alpha/in") == {ids[1]}
    assert found(pst_file_id=filled.pst_file_id) == set(ids)
    assert found(pst_file_id=ids[0]) == set()


def test_a_row_says_what_a_list_needs(shared: Service, filled: Filled) -> None:
    """Recipients with name and address, tags, pinned notes, whether it is a copy or inside one."""
    rows = {row["id"]: row for row in pages(shared.client, 500)}
    first = rows[filled.ids[0]]
    assert first["to"] == ["alpha To <alpha.to0@x.example>"]
    assert (first["folder"], first["attachment_count"], first["is_embedded"]) == ("", 4, False)
    assert rows[filled.ids[1]]["is_duplicate"]
    assert not rows[filled.ids[2]]["is_duplicate"]
    assert rows[filled.ids[3]]["tags"] == ["alpha-hot", "both"]
    assert rows[filled.ids[4]]["pinned_notes"] == 1
    assert rows[filled.ids[12]]["is_embedded"]


def test_a_cursor_fits_its_own_query(shared: Service, filled: Filled) -> None:
    """With another filter, order, limit aside, it is refused instead of giving wrong pages."""
    del filled
    after = shared.client.get("/items", params={"limit": 2}).json()["next"]
    assert shared.client.get("/items", params={"limit": 3, "after": after}).status_code == 200
    for other in ({"order": "asc"}, {"sort": "subject"}, {"tag": "both"}, {"pinned": True}):
        answer = shared.client.get("/items", params={"after": after, **other})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-request")


def test_a_message_is_shown_whole(shared: Service, filled: Filled) -> None:
    """Bodies, headers, recipients, attachments, thread, notes, values and hashes."""
    item = shared.client.get(f"/items/{filled.ids[0]}").raise_for_status().json()
    assert item["cc"] == ["/o=alpha"]
    assert item["bcc"] == []
    assert item["headers"] == "X-alpha: 1"
    assert item["body_text"] == "alpha body 0"
    assert item["hashes"]["content_hash"] == "0" * 64
    assert [one["id"] for one in item["thread"]] == list(filled.ids[:3])
    attached = {one["id"]: one for one in item["attachments"]}
    assert attached[filled.attachments["embedded"]]["embedded_item_id"] == filled.ids[12]
    assert attached[filled.attachments["plain"]]["document"] == {
        "status": "READY",
        "error_message": None,
    }
    picture = filled.attachments["picture"]
    assert item["body_html"] == (
        f'<p>Dear <b>Bo</b></p><img src="/attachments/{picture}/content"><img>'
        '<a target="_blank" rel="noopener noreferrer nofollow">a</a>'
        '<a href="https://ok.example/" target="_blank" rel="noopener noreferrer nofollow">ok</a>'
    )
    noted = shared.client.get(f"/items/{filled.ids[4]}").json()
    assert noted["notes"][0]["body"] == "alpha note"
    assert shared.client.get(f"/items/{filled.ids[3]}").json()["meta"] == {
        "tags": ["alpha-hot", "both"]
    }


def test_an_undated_message_stands_first_in_its_thread(running: Service) -> None:
    """The order is the same wherever the source lives."""
    archive = running.archive
    claim = begin_ingest(archive)
    dates = ("2026-01-02T10:00:00.0000000Z", None, "2026-01-01T10:00:00.0000000Z")
    thread = {"thread_id": claim.pst_file_id}
    rows = [mail(claim.pst_file_id, n, sent_utc=at, **thread) for n, at in enumerate(dates, 32)]
    with archive.transaction() as tx:
        insert(tx, "email_messages", rows)
    claim.release(archive)
    item = running.client.get(f"/items/{rows[0]['id']}").json()
    assert [one["id"] for one in item["thread"]] == [rows[n]["id"] for n in (1, 2, 0)]


def test_attachments_cannot_act(shared: Service, filled: Filled) -> None:
    """A picture is shown, anything else is saved, under its name, in a sandbox, unguessed."""
    picture = shared.client.get(f"/attachments/{filled.attachments['picture']}/content")
    assert picture.content == PNG
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.headers["Content-Disposition"] == (
        "inline; filename=\"alpha Uni.png\"; filename*=UTF-8''alpha%20%C3%9Cn%C3%AF.png"
    )
    plain = shared.client.get(f"/attachments/{filled.attachments['plain']}/content")
    assert plain.headers["Content-Type"] == "application/octet-stream"
    assert plain.headers["Content-Disposition"] == (
        "attachment; filename=\"alpha _x____.html\"; filename*=UTF-8''alpha%20%22x%22%3B__.html"
    )
    for answer in (picture, plain):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("kind", "why"),
    [("gone", "the object store does not hold it any more"), ("embedded", "method 5 stores no")],
)
def test_content_that_is_not_there_says_why(
    shared: Service, filled: Filled, kind: str, why: str
) -> None:
    """An object that vanished and an attachment that never had one are a 404 with the reason."""
    answer = shared.client.get(f"/attachments/{filled.attachments[kind]}/content")
    assert answer.status_code == 404
    assert answer.json()["error"]["why"].startswith(why)


def test_folders_tags_and_stats_count(shared: Service, filled: Filled) -> None:
    """What a page needs beside the list: folders, tags and the numbers of the source."""
    del filled
    assert shared.client.get("/folders").json() == [
        {"folder": "", "count": 7},
        {"folder": "alpha/in", "count": 6},
    ]
    assert shared.client.get("/tags").json() == [
        {"tag": "alpha-hot", "count": 1},
        {"tag": "both", "count": 1},
    ]
    stats = shared.client.get("/stats").json()
    assert stats == {
        "source_id": shared.where.source_id,
        "emails": 13,
        "attachments": 4,
        "documents": {"READY": 1},
        "ingests": {"pending": 1},
        "item_errors": 0,
        "notes": 1,
    }


def test_health_tells_what_it_is(shared: Service) -> None:
    """The engine, the source, which version can process, and the version of the program."""
    answer = shared.client.get("/health").raise_for_status()
    backend = "sqlite" if shared.where.dsn is None else "postgres_primary"
    assert answer.json()["ok"] is True
    assert answer.json()["backend"] == {"backend": backend}
    assert answer.json()["source_id"] == shared.where.source_id
    assert answer.json()["processors_available"] == {"v1": True, "v2": True}
    assert answer.headers["X-Backend"] == backend


def test_metrics_count_requests_by_route(shared: Service, filled: Filled) -> None:
    """Ids are no labels: there are as many series as routes, methods and statuses."""
    series = 'postroom_requests_total{method="GET",route="/items/{item_id}",status="200"} '

    def counted() -> int:
        lines = shared.client.get("/metrics").text.splitlines()
        return sum(int(line.removeprefix(series)) for line in lines if line.startswith(series))

    before = counted()
    for item_id in filled.ids[:3]:
        shared.client.get(f"/items/{item_id}")
    assert counted() == before + 3
    assert filled.ids[0] not in shared.client.get("/metrics").text
