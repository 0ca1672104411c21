"""The HTTP service of sources that move: each request goes where its source is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests_support.api import Service, service
from tests_support.api_mails import Filled, fill
from tests_support.moving import Mover
from tests_support.waiting import until

from postroom.api.access import Caller, add
from postroom.commands.where import Where


@pytest.fixture
def placed_where(mover: Mover) -> Where:
    """That source as a service with a registry finds it."""
    return Where(mover.source_id, mover.home, None, registry=mover.service_dsn)


@pytest.fixture
def running(placed_where: Where) -> Iterator[Service]:
    """The service of that source."""
    with service(placed_where) as found:
        yield found


@pytest.fixture
def filled(mover: Mover, placed_where: Where) -> Filled:
    """What is in the source."""
    return fill(mover.file, placed_where.store())


@dataclass
class Visitors:
    """Clients that read and write all the time, and what they were answered."""

    running: Service
    filled: Filled
    read: list[httpx.Response] = field(default_factory=list)
    written: list[httpx.Response] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Read and write until the block ends."""
        threads = [threading.Thread(target=work) for work in (self._read, self._read, self._write)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()

    def seen(self, backend: str) -> None:
        """Wait until that engine has answered a reader and taken a write."""
        until(lambda: self._has(backend), what=f"{backend} reads and writes")

    def _has(self, backend: str) -> bool:
        return all(
            any(one.headers["X-Backend"] == backend and one.is_success for one in given[-20:])
            for given in (self.read, self.written)
        )

    def _read(self) -> None:
        with httpx.Client(base_url=self.running.url, timeout=30) as client:
            while not self.is_over.is_set():
                path = ("/stats", f"/items/{self.filled.ids[0]}", "/items?limit=5", "/health")
                self.read.append(client.get(path[len(self.read) % 4]))

    def _write(self) -> None:
        path = f"/items/{self.filled.ids[1]}/meta/n"
        with httpx.Client(base_url=self.running.url, timeout=30) as client:
            while not self.is_over.is_set():
                value = str(len(self.written))
                self.written.append(client.put(path, json={"value": value}))


def test_readers_never_notice_a_switch(mover: Mover, running: Service, filled: Filled) -> None:
    """Every read is answered; a writer that has to wait is told for how long, and by a 503."""
    mover.bootstrap()
    visitors = Visitors(running, filled)
    with visitors.at_work():
        visitors.seen("sqlite")
        mover.freeze()
        mover.switch()
        visitors.seen("postgres_primary")
        mover.withdraw()
        last = visitors.written[-1]
        until(lambda: visitors.written[-1] is not last, what="a write is refused")
        mover.carry_back("item_meta")
        mover.give_back()
        visitors.seen("sqlite")
    assert {one.status_code for one in visitors.read} == {200}
    assert {one.status_code for one in visitors.written} <= {200, 503}
    for one in visitors.written:
        if one.status_code == 503:
            assert one.headers["Retry-After"] == "1"
            assert one.json()["error"]["code"] == "moving"


def test_a_process_that_never_heard_of_the_move_is_held_off(
    mover: Mover, running: Service, filled: Filled
) -> None:
    """A service without a registry answers as long as the file is the source, then nothing."""
    path = f"/items/{filled.ids[1]}/meta/n"
    with service(Where(mover.source_id, mover.home, None)) as unaware:
        assert unaware.client.put(path, json={"value": "a"}).status_code == 200
        mover.move()
        for answer in (
            unaware.client.put(path, json={"value": "lost"}),
            unaware.client.get(path.rsplit("/", 1)[0]),
            unaware.client.get("/health"),
        ):
            assert answer.status_code == 503
            assert "Retry-After" in answer.headers
    assert running.client.get(path.rsplit("/", 1)[0]).json() == {"n": "a"}


@pytest.fixture
def guarded(mover: Mover, placed_where: Where) -> Iterator[Service]:
    """The service with tokens: `ann` reads, `root` is an administrator of this source alone."""
    tokens = mover.home / "tokens.toml"
    seen = frozenset({mover.source_id})
    add(tokens, Caller("ann", "writer", seen), "ann")
    add(tokens, Caller("root", "admin", seen), "root")
    add(tokens, Caller("boss", "admin", None), "boss")
    with service(placed_where, tokens=tokens, admin_dsn=mover.admin_dsn) as found:
        yield found


def ask(running: Service, who: str, path: str, method: str = "GET", **given: Any) -> httpx.Response:
    """Send a request of that token's."""
    headers = {"Authorization": f"Bearer {who}", **given.pop("headers", {})}
    return running.client.request(method, path, headers=headers, **given)


def test_an_administrator_looks_at_a_generation_before_it_serves(
    mover: Mover, guarded: Service, filled: Filled
) -> None:
    """By `X-Generation`, to read: the source itself is where it was for everybody else."""
    mover.move()
    mover.withdraw()
    mover.give_back()
    path, look = f"/items/{filled.ids[0]}", {"X-Generation": "1"}
    live = ask(guarded, "root", path)
    shown = ask(guarded, "root", path, headers=look)
    assert live.headers["X-Backend"] == "sqlite"
    assert shown.headers["X-Backend"] == "postgres_primary"
    for name in ("id", "subject", "body_text", "attachments"):
        assert shown.json()[name] == live.json()[name]
    assert ask(guarded, "ann", path, headers=look).status_code == 403
    meta = f"{path}/meta/n"
    refused = ask(guarded, "root", meta, "PUT", json={"value": "x"}, headers=look)
    assert refused.status_code == 403
    for number, status in (("7", 404), ("-1", 422), ("x", 422), (str(2**40), 422)):
        answer = ask(guarded, "root", path, headers={"X-Generation": number})
        assert answer.status_code == status, number


def test_a_schema_is_bootstrapped_over_http(mover: Mover, guarded: Service) -> None:
    """By an administrator who sees the source, for a source that there is; twice is as once."""
    body = {"source_id": mover.source_id}
    made = ask(guarded, "root", "/admin/bootstrap/schema", "POST", json=body)
    assert made.status_code == 200
    assert made.json() == {
        "source_id": mover.source_id,
        "schema_name": f"src_{mover.source_id}",
        "role": f"src_{mover.source_id}",
        "owner": "sqlite",
        "epoch": 1,
        "generation": 0,
        "is_new": True,
    }
    again = ask(guarded, "root", "/admin/bootstrap/schema", "POST", json=body)
    assert again.json() == {**made.json(), "is_new": False}
    for who, source_id, status in (
        ("ann", mover.source_id, 403),
        ("root", "other", 403),
        ("boss", "no-such", 400),
        ("boss", '../x"', 422),
    ):
        answer = ask(guarded, who, "/admin/bootstrap/schema", "POST", json={"source_id": source_id})
        assert answer.status_code == status, (who, source_id)
    named = {"X-Source-ID": f"{mover.source_id}-b"}
    answer = ask(guarded, "boss", "/admin/bootstrap/schema", "POST", json=body, headers=named)
    assert answer.status_code == 400


def test_a_service_without_an_administrator_defines_nothing(mover: Mover, running: Service) -> None:
    """It says which command does it."""
    answer = running.client.post("/admin/bootstrap/schema", json={"source_id": mover.source_id})
    assert answer.status_code == 409
    assert "postroom source bootstrap" in answer.json()["error"]["remedy"]


def test_in_an_emergency_the_file_is_shown_and_health_says_so(mover: Mover, filled: Filled) -> None:
    """PostgreSQL is gone: reads are answered at once, writes are not, and what lacks is unknown."""
    mover.move()
    with service(Where(mover.source_id, mover.home, None, is_emergency=True)) as running:
        assert running.client.get(f"/items/{filled.ids[0]}").status_code == 200
        path = f"/items/{filled.ids[0]}/meta/n"
        assert running.client.put(path, json={"value": "lost"}).status_code == 503
        health = running.client.get("/health").json()
    assert health["ok"]
    assert health["read_only"]
    assert health["not_carried"] == "unknown"
    assert health["backend"] == {"backend": "sqlite"}


def test_while_postgresql_is_gone_a_source_in_its_file_goes_on(
    mover: Mover, filled: Filled
) -> None:
    """A file that is open is read; what moved away is away, and the service says so."""
    nowhere = Where(mover.source_id, mover.home, None, registry="host=/nowhere user=x")
    path = f"/items/{filled.ids[0]}/meta/n"
    with service(nowhere) as running:
        assert running.client.get("/health").json()["backend"] == {"backend": "sqlite"}
        assert running.client.put(path, json={"value": "lost"}).status_code == 503
    mover.move()
    with service(nowhere) as running:
        health = running.client.get("/health")
        assert health.status_code == 503
        assert health.json()["backend"] == {"backend": "-"}
        assert running.client.get(path.rsplit("/", 1)[0]).status_code == 503
