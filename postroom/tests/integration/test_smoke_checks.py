"""Every smoke check holds on a service that works, and fails on one that does its part wrongly."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests_support import reader
from tests_support.serving_postroom import Process, serve
from tests_support.tampering import NAMED, Said, tampered

from postroom.commands.where import Where
from postroom.smoke import CHECKS, Asked, Outcome, Service
from postroom.smoke.drawn import draw
from postroom.smoke.requests import Requests
from postroom.smoke.verdict import Verdict

PROGRAM = Path(sys.executable).with_name("postroom")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources of small mails."""
    folder = tmp_path_factory.mktemp("smoke")
    for source, seed in (("acme", "1"), ("rival", "2")):
        pst = reader.synthetic(folder, "small", "--mails", "30", "--seed", seed)
        reader.ingest(folder, pst, source)
    return folder


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[Process]:
    """`postroom serve` with the source `acme`."""
    with serve(home, "--source", "acme") as found:
        yield found


def run(home: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `postroom smoke`."""
    command = [str(PROGRAM), "smoke", "--source", "acme", "--home", str(home), "--base-url", url]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False)


def notes_and_values(home: Path) -> list[int]:
    """How many of both there are."""
    with Where("acme", home, None).archive().reading() as tx:
        return [tx.value(f"SELECT count(*) FROM {name}") for name in ("item_notes", "item_meta")]


def test_a_service_that_works_passes_every_check(home: Path, running: Process) -> None:
    """Exit 0, each check with what was seen, and nothing is left of what was written."""
    before = notes_and_values(home)
    done = run(home, running.url, "--log", str(running.path), "--expect", "sqlite", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    outcomes = {one["name"]: one["outcome"] for one in said["checks"]}
    assert list(outcomes) == list(CHECKS)
    assert {name for name, outcome in outcomes.items() if outcome != "pass"} == {"client errors"}
    assert (said["ok"], said["failed"], said["not_measured"]) == (True, [], [])
    assert notes_and_values(home) == before


def test_the_check_that_fails_is_named(home: Path, running: Process) -> None:
    """Exit 1; what was wanted and what was seen stand beside its name."""
    done = run(home, running.url, "--expect", "postgres_primary")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "failed: backend"
    assert "X-Backend is sqlite, wanted is postgres_primary" in done.stdout


def test_a_service_that_is_not_there_is_no_pass(home: Path) -> None:
    """Health fails, and nothing else is taken for granted."""
    done = run(home, "http://127.0.0.1:9", "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert said["failed"] == ["health"]
    passed = [one["name"] for one in said["checks"] if one["outcome"] == "pass"]
    assert passed == []


def test_a_log_that_is_not_there_is_not_measured(home: Path, running: Process) -> None:
    """Exit 3: whether there were bursts is not known then."""
    done = run(home, running.url, "--log", str(home / "no.log"))
    assert done.returncode == 3
    assert "server errors" in done.stderr.splitlines()[-1]


def test_a_token_is_named_and_never_written(home: Path, running: Process) -> None:
    """What is no name of a variable is refused."""
    done = run(home, running.url, "--token", "prm_secret")
    assert done.returncode == 64
    assert "prm_secret" not in done.stdout + done.stderr


def without_the_header(scope: Any) -> None:
    """The source of the header is not looked at."""
    scope["headers"] = [(k, v) for k, v in scope["headers"] if k.lower() != NAMED]


def without_the_query(scope: Any) -> None:
    """The source of the query is not looked at."""
    scope["query_string"] = b""


def fallen_back(scope: Any) -> None:
    """A source that is not known is taken for the default one."""
    if b"no-such-source" in dict(scope["headers"]).get(NAMED, b""):
        without_the_header(scope)


def fallen_back_by_query(scope: Any) -> None:
    """An id that is none is taken for no id."""
    if NAMED not in dict(scope["headers"]):
        scope["query_string"] = b""


def swallowed(method: str, ending: str) -> Callable[[Any], bool]:
    """A change is acknowledged and not made."""
    return lambda scope: scope["method"] == method and ending in scope["path"]


def health(said: Said) -> None:
    if said.path == "/health":
        said.body["ok"] = False


def backend(said: Said) -> None:
    said.headers["x-backend"] = "postgres_primary"


def answers_of_another(said: Said) -> None:
    if said.path == "/stats" and said.is_ok:
        said.body["source_id"] = "rival"


def stats(said: Said) -> None:
    if said.path == "/stats" and said.is_ok:
        said.body["attachments"] += 1


def empty(said: Said) -> None:
    if said.path == "/stats" and said.is_ok:
        said.body["emails"] = 0


def one_field(said: Said) -> None:
    if said.path.startswith("/items/") and said.is_ok and "headers" in said.body:
        said.body["headers"] = f"{said.body['headers']} "


def one_attachment(said: Said) -> None:
    if said.path.startswith("/items/") and said.is_ok and "attachments" in said.body:
        for one in said.body["attachments"]:
            one["size_bytes"] = (one["size_bytes"] or 0) + 1


def finds_nothing(said: Said) -> None:
    if said.path == "/search":
        said.body["hits"] = []


def counts_wrongly(said: Said) -> None:
    if said.path == "/items" and said.is_ok:
        said.body["total"] += 1


def lists_wrongly(said: Said) -> None:
    if said.path == "/items" and said.is_ok:
        said.body["items"][0]["subject"] = "another"


def shows_what_is_hidden(said: Said) -> None:
    if said.path.startswith("/items/") and said.status == 404:
        said.status, said.body = 200, {}


def takes_foreign_cursors(said: Said) -> None:
    if said.path == "/items" and said.status == 400:
        said.status = 200


WRONG: list[tuple[str, str, Callable[..., Any]]] = [
    ("health", "said", health),
    ("backend", "said", backend),
    ("header", "said", answers_of_another),
    ("query", "said", answers_of_another),
    ("mismatch", "asked", without_the_query),
    ("unknown source", "asked", fallen_back),
    ("crafted ids", "asked", fallen_back_by_query),
    ("stats", "said", stats),
    ("stats", "said", empty),
    ("items", "said", one_field),
    ("items", "said", one_attachment),
    ("search", "said", finds_nothing),
    ("open", "said", counts_wrongly),
    ("open", "said", lists_wrongly),
    ("note", "asked", swallowed("DELETE", "/notes")),
    ("note", "asked", swallowed("PUT", "/notes")),
    ("value", "asked", swallowed("PUT", "/meta")),
    ("value", "asked", swallowed("DELETE", "/meta")),
    ("leakage", "said", shows_what_is_hidden),
    ("leakage", "said", takes_foreign_cursors),
    ("leakage", "asked", without_the_header),
]


@pytest.mark.parametrize(
    ("name", "side", "change"), WRONG, ids=[f"{one[0]}-{one[1]}-{n}" for n, one in enumerate(WRONG)]
)
def test_each_check_sees_what_it_is_for(
    home: Path, name: str, side: str, change: Callable[..., Any]
) -> None:
    """A service that does this one thing wrongly fails that check."""
    where = Where("acme", home, None)
    with tampered(where, **{side: change}) as url:
        assert judged(name, where, url).outcome is Outcome.FAIL


def judged(name: str, where: Where, url: str) -> Verdict:
    """Do one check."""
    archive = where.archive()
    other = Where("rival", where.home, None).archive()
    with Service(url, where.source_id) as service:
        requests = Requests((), None, {})
        now = datetime.now(UTC)
        drawn = draw(archive, 20)
        asked = Asked(service, archive, (other,), drawn, None, requests, now, wait_s=1.0)
        return CHECKS[name](asked)
