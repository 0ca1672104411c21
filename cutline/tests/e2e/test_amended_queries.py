"""A query file is a part of what a plan means: changed, it is an amendment, and is taken over."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests_support.small_runs import ENDLESS, HEAD, Small

from cutline.run.clock import RealClock
from cutline.run.inbox import Inbox
from cutline.run.session import Session

QUERIED = HEAD.replace("people:", "people:\n  dan: {roles: [sre]}").replace(
    "gates:\n",
    '  rows:\n    sql: {dsn: "sqlite:///rows.db", file: rows.sql}\n    returns: {n: int}\ngates:\n'
    "  some: {check: rows.n > 0}\n",
)
BODY = ENDLESS.replace("[sound]", "[sound, some]")
TRIGGER = "triggers:\n  - {name: rows, when: rows.n > 1000, severity: low, do: notify}\n"


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A run that bakes, with a gate on a query."""
    sqlite3.connect(tmp_path / "rows.db").close()
    (tmp_path / "rows.sql").write_text("SELECT 1 AS n\n")
    return Small.of(tmp_path, BODY + TRIGGER, QUERIED).begun()


def test_another_query_alone_is_an_amendment_that_wants_two(small: Small) -> None:
    """It measures something else, though no letter of the plan's own file has changed."""
    (small.folder / "rows.sql").write_text("SELECT 2 AS n\n")
    small.ticks(lambda s: s.bake.total_s > 0.5)
    done = small("amend", small.name, "plan.yaml", "--by", "ben", "--reason", "all of them")
    assert done.code == 0, done.output
    assert "files.rows.sql" in done.output
    assert small.ticks(lambda s: s.asks).asks[0].wanted == 2
    for who in ("eva", "dan"):
        small("approve", small.name, "amend", "--by", who)
    state = small.ticks(lambda s: "amend" not in s.checkpoints)
    said = small.told("amended")[0]
    assert said["restarts"] == ["rows"]
    assert [one["changes_probe"] for one in said["difference"]] == [True]
    assert state.bake.total_s < 0.5


def test_a_running_session_asks_the_amended_query_from_that_tick_on(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at its next opening: the very tick that accepts it has the new world in its hands."""
    monkeypatch.chdir(small.folder)
    monkeypatch.setenv("CUTLINE_KEY", small.environ["CUTLINE_KEY"])
    session = Session.open(small.run, RealClock())
    session.tick()
    (small.folder / "rows.sql").write_text("SELECT 2 AS n\n")
    assert small("amend", small.name, "plan.yaml", "--by", "ben", "--reason", "more").code == 0
    session.tick()
    driver = session._driver()
    for who in ("eva", "dan"):
        small("approve", small.name, "amend", "--by", who)
    session.tick()
    assert small.told("amended")
    assert session.world.files["rows.sql"] == b"SELECT 2 AS n\n"
    assert driver.world is session.world
    assert session._driver() is driver
    state = session.tick()
    assert [one["values"] for one in state.readings if one["probe"] == "rows"] == [{"n": 2}]


def test_an_amendment_whose_query_is_not_in_the_run_is_refused(small: Small) -> None:
    """No tick could go on with it: it is refused as it is taken, and the run goes on."""
    (small.folder / "rows.sql").write_text("SELECT 2 AS n\n")
    assert small("amend", small.name, "plan.yaml", "--by", "ben", "--reason", "more").code == 0
    message = Inbox(small.run.inbox).read()[0]
    (small.run.path / "files" / message.data["files"]["rows.sql"]).unlink()
    small("tick", small.name)
    said = small.told("message")[-1]
    assert (said["is_accepted"], "rows.sql" in said["why"]) == (False, True)
    assert small("tick", small.name).code == 0
