"""Probes that hang, people who are told, the heartbeat, and output that is captured."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests_support.answering import Request, Server, answering
from tests_support.real_runs import call, done, plan, printed, python, world
from tests_support.waiting import until

from cutline.evidence.secrets import Redactor
from cutline.run.asker import Asker
from cutline.run.capture import MOST_BYTES, Capture
from cutline.run.reading import Question, Reading
from cutline.run.world import Call, Notice

NOTICE = Notice("paused", "drill/1", "canary", "imports failed", "cutline resume drill/1")


@pytest.fixture
def receiver() -> Iterator[Server]:
    """Takes every message; /no refuses, /hang never answers."""

    def answer(request: Request) -> tuple[int, object] | None:
        if request.path.startswith("/hang"):
            return None
        return (500 if request.path.startswith("/no") else 200), {}

    with answering(answer) as server:
        yield server


def told(*paths: str) -> dict[str, Any]:
    """A plan's notifications to a receiver, each from the environment."""
    return {"notify": [{"env": f"URL_{number}"} for number in range(len(paths))]}


def environ(server: Server, *paths: str) -> dict[str, str]:
    base = server.url.replace("http://", "json://")
    return {f"URL_{number}": base + path for number, path in enumerate(paths)}


def test_people_read_run_stage_reason_and_the_command_that_continues(
    receiver: Server, tmp_path: Path
) -> None:
    """Everybody is told, by whatever apprise knows."""
    of = world(tmp_path, plan(**told("/a", "/b")), environ=environ(receiver, "/a", "/b"))
    assert of.tell(NOTICE) == ""
    assert sorted(request.path for request in receiver.requests) == ["/a", "/b"]
    body = receiver.requests[0].body
    for word in ("drill/1", "canary", "imports failed", "cutline resume drill/1"):
        assert word in body["message"]
    assert body["title"] == "cutline paused: drill/1"
    assert body["type"] == "warning"


def test_who_is_not_told_is_said_and_keeps_nobody_else_from_being_told(
    receiver: Server, tmp_path: Path
) -> None:
    """The reason names which of them, and shows no address."""
    paths = ("/no-token-sesame", "/b")
    of = world(tmp_path, plan(**told(*paths)), environ=environ(receiver, *paths))
    why = of.tell(NOTICE)
    assert "notification 1 of 2" in why
    assert "sesame" not in why
    assert [r.path for r in receiver.requests][-1] == "/b"


@pytest.mark.parametrize("url", [None, "no-such-service://x", "json://127.0.0.1:1/"])
def test_people_who_cannot_be_reached_are_a_reason_and_no_error(
    url: str | None, tmp_path: Path
) -> None:
    """Telling people never stops a tick."""
    given = {} if url is None else {"URL_0": url}
    of = world(tmp_path, plan(notify=[{"env": "URL_0"}]), environ={"X": "x", **given})
    assert of.tell(NOTICE)


def test_the_heartbeat_is_one_request(receiver: Server, tmp_path: Path) -> None:
    """What is not heard is a reason."""
    watch = {"heartbeat": {"env": "BEAT"}}
    for path, is_heard in (("/beat", True), ("/no", False)):
        of = world(tmp_path, plan(watch=watch), environ={"BEAT": receiver.url + path})
        assert (of.beat() == "") is is_heard
    assert [request.path for request in receiver.requests] == ["/beat", "/no"]
    assert world(tmp_path, plan(watch=watch), environ={"BEAT": "http://127.0.0.1:1/"}).beat()
    assert world(tmp_path).beat() == ""


NOW = datetime(2026, 2, 21, tzinfo=UTC)


def question(probe: str) -> Question:
    return Question(probe, None, NOW, NOW)


def test_a_probe_that_has_answered_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread may not have ended yet when it is asked again, on a machine that is busy."""
    monkeypatch.setattr(threading.Thread, "is_alive", lambda _: True)
    asker = Asker(lambda asked: Reading(asked, asked.until, {"x": 1}), lambda _: 10.0)
    for _ in range(3):
        assert [one.values for one in asker.ask([question("a"), question("b")])] == [{"x": 1}] * 2


def test_a_probe_that_hangs_delays_nobody_and_is_not_asked_again() -> None:
    """The others answer, in the order in which they were asked; one thread hangs, not many."""
    release, calls = threading.Event(), []

    def one(asked: Question) -> Reading:
        calls.append(asked.probe)
        if asked.probe == "hangs":
            release.wait(30)
        if asked.probe == "bug":
            raise ZeroDivisionError
        return Reading(asked, asked.until, {"x": 1})

    asker = Asker(one, lambda probe: 0.1 if probe == "hangs" else 10.0)
    before = time.monotonic()
    names = ["a", "hangs", "bug", "b"]
    readings = asker.ask([question(name) for name in names])
    assert time.monotonic() - before < 5
    assert [reading.question.probe for reading in readings] == names
    assert [reading.values is None for reading in readings] == [False, True, True, False]
    assert "no answer within 0.1 s" in readings[1].why
    assert "ZeroDivisionError" in readings[2].why
    again = asker.ask([question("hangs")])
    assert "still hangs" in again[0].why
    assert calls.count("hangs") == 1
    release.set()
    until(lambda: asker.ask([question("hangs")])[0].values is not None, what="it answers again")


def test_a_probe_asked_twice_at_once_answers_both() -> None:
    """A trigger and a gate may ask over different spans; neither is taken for a hanging one."""
    begun = threading.Barrier(2, timeout=10)  # both are under way at the same time

    def one(asked: Question) -> Reading:
        begun.wait()
        return Reading(asked, asked.until, {"x": 1})

    readings = Asker(one, lambda _: 10.0).ask([question("imports"), question("imports")])
    assert [reading.values for reading in readings] == [{"x": 1}, {"x": 1}]


def test_a_world_asks_the_probes_of_its_plan(receiver: Server, tmp_path: Path) -> None:
    """Every question gets a reading, also one whose probe cannot be reached."""
    probes = {
        "up": {"http": {"get": receiver.url}, "returns": {}},
        "down": {"http": {"get": "http://127.0.0.1:1/"}, "returns": {"x": "int"}},
    }
    readings = world(tmp_path, plan(probes=probes)).ask([question("down"), question("up")])
    assert [reading.values is None for reading in readings] == [True, False]


SECRETS = ["sesame-open-sesame", "line one\nline two", "päss-wörd", "%/+ =&?" * 3]


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_secret_that_comes_in_pieces_is_never_in_the_file(size: int, tmp_path: Path) -> None:
    """Not at any moment: the file is read after each piece."""
    path = tmp_path / "out"
    capture = Capture(path, Redactor(SECRETS), SECRETS)
    text = "".join(f"before {one} after\n" for one in SECRETS).encode() * 2
    for at in range(0, len(text), size):
        capture.feed(text[at : at + size])
        seen = path.read_bytes()
        assert not [one for one in SECRETS if one.encode()[:12] in seen]
    capture.close()
    assert path.read_text().count("before «secret» after\n") == 8


def test_of_a_very_long_output_both_ends_are_kept_and_the_gap_is_named(tmp_path: Path) -> None:
    """The end is where errors stand."""
    capture = Capture(tmp_path / "out", Redactor())
    block = b"x" * (1024 * 1024)
    capture.feed(b"begin\n")
    for _ in range(40):
        capture.feed(block)
    capture.feed(b"end\n")
    capture.close()
    kept = (tmp_path / "out").read_bytes()
    assert kept.startswith(b"begin\n")
    assert kept.endswith(b"end\n")
    assert b"bytes left out" in kept
    assert len(kept) < 2 * MOST_BYTES + 2 * len(block)


def test_a_step_may_name_when_its_stage_began(tmp_path: Path) -> None:
    """The driver says it with the call."""
    of = world(
        tmp_path, plan({"command": [*python("import sys; print(sys.argv[1])"), "${stage.since}"]})
    )
    at = call()
    this = Call(at.stage, at.step, at.key, at.attempt, since=datetime(2026, 2, 21, 12, tzinfo=UTC))
    assert printed(of, done(of, this)) == "2026-02-21T12:00:00Z\n"


def test_a_step_that_measures_uses_the_query_files_of_the_run(tmp_path: Path) -> None:
    """The files that the run took over, not those that lie beside the plan now."""
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        database.execute("CREATE TABLE t (x INT)")
    database.close()
    sql = {"dsn": f"sqlite:///{tmp_path}/a.sqlite", "file": "q.sql"}
    probes = {"count": {"sql": sql, "returns": {"n": "int"}}}
    step = {"wait_for": {"check": "count.n == 0", "timeout": 5, "every": 0.1}}
    (tmp_path / "q.sql").write_text("SELECT 7 AS n")
    of = world(tmp_path, plan(step, probes=probes), files={"q.sql": b"SELECT count(*) AS n FROM t"})
    assert done(of).exit_code == 0
