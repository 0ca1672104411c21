"""What every kind of switch promises, each on the real thing: files, servers, processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from tests_support.answering import Request, answering
from tests_support.real_runs import plan, python, world

from cutline.run.real import RealWorld


@dataclass
class Bench:
    """A switch in a world, and what can happen to it. None: this kind cannot do that."""

    world: RealWorld
    by_hand: Callable[[int], object]
    break_it: Callable[[], object]
    lie: Callable[[], object] | None = None
    hang: Callable[[], object] | None = None


@contextmanager
def env_file(tmp_path: Path, _dsn: str) -> Iterator[Bench]:
    file = tmp_path / ".env"
    file.write_text("A=1\nP=0\n")
    of = world(tmp_path, plan(switch={"env_file": {"path": ".env", "key": "P"}}))
    yield Bench(of, lambda percent: file.write_text(f"P={percent}\n"), file.unlink)


@contextmanager
def postgres(tmp_path: Path, dsn: str) -> Iterator[Bench]:
    kind = {"dsn": {"env": "SWITCH_DSN"}, "name": "share", "timeout": 1}
    of = world(tmp_path, plan(switch={"postgres": kind}), environ={"SWITCH_DSN": dsn})
    lie = (
        "CREATE FUNCTION lie() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER lie BEFORE INSERT OR UPDATE ON cutline_switch"
        " FOR EACH ROW EXECUTE FUNCTION lie()"
    )
    with psycopg.connect(dsn, autocommit=True) as hand, psycopg.connect(dsn) as other:
        hand.execute("DROP TABLE IF EXISTS cutline_switch")
        hand.execute("DROP FUNCTION IF EXISTS lie")
        yield Bench(
            of,
            lambda percent: hand.execute("UPDATE cutline_switch SET percent = %s", (percent,)),
            lambda: hand.execute("ALTER TABLE cutline_switch RENAME percent TO other"),
            lambda: hand.execute(lie),
            lambda: other.execute("LOCK TABLE cutline_switch"),
        )


@contextmanager
def http(tmp_path: Path, _dsn: str) -> Iterator[Bench]:
    state = {"percent": 0, "mode": ""}

    def answer(request: Request) -> tuple[int, object] | None:
        if state["mode"] == "hang":
            return None
        if state["mode"] == "broken":
            return 500, {"percent": 0}
        if request.method == "PUT":
            if state["mode"] != "lie":
                state["percent"] = request.body["percent"]
            return 200, {}
        return 200, {"percent": state["percent"]}

    with answering(answer) as server:
        kind = {"url": f"{server.url}/switch", "timeout": 0.5}
        yield Bench(
            world(tmp_path, plan(switch={"http": kind})),
            lambda percent: state.update(percent=percent),
            lambda: state.update(mode="broken"),
            lambda: state.update(mode="lie"),
            lambda: state.update(mode="hang"),
        )


COMMAND = """
import pathlib, sys, time
state, mode = pathlib.Path("state"), pathlib.Path("mode").read_text()
if mode == "hang":
    time.sleep(600)
if len(sys.argv) == 1:
    print(state.read_text())
elif mode != "lie":
    state.write_text(sys.argv[1])
"""


@contextmanager
def command(tmp_path: Path, _dsn: str) -> Iterator[Bench]:
    state, mode = tmp_path / "state", tmp_path / "mode"
    state.write_text("0")
    mode.write_text("")
    kind = {"set": python(COMMAND), "read": python(COMMAND), "timeout": 2}
    yield Bench(
        world(tmp_path, plan(switch={"command": kind})),
        lambda percent: state.write_text(str(percent)),
        state.unlink,
        lambda: mode.write_text("lie"),
        lambda: mode.write_text("hang"),
    )


KINDS = {"env_file": env_file, "postgres": postgres, "http": http, "command": command}


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    dsn = request.getfixturevalue("postgres_dsn") if request.param == "postgres" else ""
    with ExitStack() as stack:
        made = stack.enter_context(KINDS[request.param](tmp_path, dsn))
        assert made.world.set_switch(0).is_set
        yield made


def test_what_was_set_is_read_back(bench: Bench) -> None:
    """Up, the same again, and down; each setting is in force where nothing has to be applied."""
    for percent in (10, 10, 100, 0):
        done = bench.world.set_switch(percent)
        assert (done.is_set, done.is_applied, done.why) == (True, True, "")
        seen = bench.world.read_switch()
        assert (seen.percent, seen.is_applied) == (percent, True)


def test_a_switch_moved_by_hand_is_seen_where_it_is(bench: Bench) -> None:
    """Never remembered, always read."""
    bench.world.set_switch(50)
    bench.by_hand(7)
    assert bench.world.read_switch().percent == 7


def test_a_switch_that_cannot_be_read_is_not_at_0(bench: Bench) -> None:
    """It is nowhere that anybody knows, and says why."""
    bench.break_it()
    seen = bench.world.read_switch()
    assert seen.percent is None
    assert seen.why
    assert not seen.is_applied


def test_a_switch_that_says_yes_and_does_nothing_is_not_set(bench: Bench) -> None:
    """It is read back at once, and both figures are named."""
    if bench.lie is None:
        pytest.skip("a file keeps what is written into it")
    bench.lie()
    done = bench.world.set_switch(50)
    assert not done.is_set
    assert "50 %" in done.why
    assert "0 %" in done.why


def test_a_switch_that_hangs_holds_nobody_up(bench: Bench) -> None:
    """Neither reading nor setting takes much longer than its timeout, and none of them passes."""
    if bench.hang is None:
        pytest.skip("a file does not hang")
    bench.hang()
    before = time.monotonic()
    assert bench.world.read_switch().percent is None
    assert time.monotonic() - before < 8
    assert not bench.world.set_switch(10).is_set


def test_without_a_switch_nothing_but_0_can_be_set(tmp_path: Path) -> None:
    """`nop` is no place in which a percentage is lost in silence."""
    of = world(tmp_path, plan(switch={"nop": {}}))
    assert of.set_switch(0).is_set
    done = of.set_switch(10)
    assert not done.is_set
    assert "nop" in done.why
    assert of.read_switch().percent == 0


def test_a_switch_whose_secret_is_not_set_is_unreadable(tmp_path: Path) -> None:
    """The name that is missing is in the reason; nothing raises."""
    kind = {"dsn": {"env": "NOBODY_SETS_THIS"}, "name": "share"}
    of = world(tmp_path, plan(switch={"postgres": kind}))
    assert "NOBODY_SETS_THIS" in of.read_switch().why
    assert not of.set_switch(0).is_set


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    """Neither where it lies nor why shows the secret."""
    environ = {"SWITCH_DSN": "postgresql://me:hunter2hunter2@127.0.0.1:1/x"}
    kind = {"dsn": {"env": "SWITCH_DSN"}, "name": "share", "timeout": 1}
    of = world(tmp_path, plan(switch={"postgres": kind}), environ=environ)
    assert of.read_switch().percent is None
    assert "hunter2" not in of.read_switch().why
