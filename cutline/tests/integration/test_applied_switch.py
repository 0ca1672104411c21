"""A switch whose setting takes effect by a deploy: set and in force are two things."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests_support.answering import Server, answering
from tests_support.real_runs import plan, python, world
from tests_support.waiting import until

from cutline.run.attempt import Attempt
from cutline.run.real import RealWorld

# Deploys what the file says: notes it, and waits or fails as told.
DEPLOY = """
import pathlib, sys, time
percent = pathlib.Path(".env").read_text().strip().partition("=")[2]
with open("deploys", "a") as log:
    log.write(percent + "\\n")
while pathlib.Path("wait").exists():
    time.sleep(0.02)
sys.exit(1 if pathlib.Path("fail").exists() else 0)
"""


def deploys(folder: Path) -> list[str]:
    """What was deployed, in order."""
    path = folder / "deploys"
    return path.read_text().split() if path.exists() else []


def made(folder: Path, *, patience_s: float = 10.0, **more: Any) -> RealWorld:
    """A switch that has to be applied."""
    if not (folder / ".env").exists():
        (folder / ".env").write_text("P=0\n")
    kind = {"env_file": {"path": ".env", "key": "P"}, "apply": python(DEPLOY), **more}
    return world(folder, plan(switch=kind, probes=PROBES), patience_s=patience_s)


PROBES = {"health": {"http": {"get": "http://127.0.0.1:1/"}, "returns": {"share": "int"}}}


def test_what_was_set_is_in_force_when_apply_has_exited_with_0(tmp_path: Path) -> None:
    """Once for each percent, and not again for the same."""
    of = made(tmp_path)
    assert of.read_switch().is_applied
    assert of.set_switch(10).is_applied
    assert of.set_switch(10).is_applied
    assert deploys(tmp_path) == ["10"]
    assert of.set_switch(0).is_applied
    assert deploys(tmp_path) == ["10", "0"]


def test_a_deploy_that_failed_is_set_and_not_in_force(tmp_path: Path) -> None:
    """It says so until a deploy succeeds; setting the same again tries again."""
    of = made(tmp_path)
    (tmp_path / "fail").touch()
    done = of.set_switch(10)
    assert (done.is_set, done.is_applied) == (True, False)
    assert "exited with 1" in done.why
    seen = made(tmp_path).read_switch()
    assert (seen.percent, seen.is_applied) == (10, False)
    (tmp_path / "fail").unlink()
    assert of.set_switch(10).is_applied
    assert of.read_switch().is_applied


def test_a_slow_deploy_goes_on_beside_the_ticks(tmp_path: Path) -> None:
    """Setting waits for it a little only, and a later look sees it in force."""
    of = made(tmp_path, patience_s=0.1)
    (tmp_path / "wait").touch()
    done = of.set_switch(10)
    assert (done.is_set, done.is_applied, done.why) == (True, False, "`apply` is running")
    until(lambda: deploys(tmp_path), what="the deploy begins")
    assert of.set_switch(10).why == "`apply` is running"
    (tmp_path / "wait").unlink()
    until(lambda: made(tmp_path).read_switch().is_applied, what="the deploy is in force")
    assert deploys(tmp_path) == ["10"]


def test_lowering_does_not_wait_for_a_deploy_that_runs(tmp_path: Path) -> None:
    """The older deploy is ended, so that it cannot finish last."""
    of = made(tmp_path, patience_s=0.1)
    (tmp_path / "wait").touch()
    of.set_switch(50)
    until(lambda: deploys(tmp_path) == ["50"], what="the deploy runs")
    assert Attempt(of.folder / "switch" / "apply-1").is_running()
    assert of.set_switch(0).is_set
    assert not Attempt(of.folder / "switch" / "apply-1").is_running()
    until(lambda: deploys(tmp_path) == ["50", "0"], what="the next one runs")
    (tmp_path / "wait").unlink()
    until(lambda: of.read_switch().is_applied, what="it is in force")
    assert of.read_switch().percent == 0


def test_a_switch_moved_by_hand_is_deployed_again_when_it_is_set_back(tmp_path: Path) -> None:
    """Somebody may have deployed what he set."""
    of = made(tmp_path)
    of.set_switch(10)
    (tmp_path / ".env").write_text("P=90\n")
    seen = of.read_switch()
    assert (seen.percent, seen.is_applied) == (90, False)
    assert of.set_switch(10).is_applied
    assert deploys(tmp_path) == ["10", "10"]


def test_a_driver_killed_between_setting_and_applying_is_not_believed(tmp_path: Path) -> None:
    """What was named and never begun is not in force, and the next setting begins it."""
    of = made(tmp_path)
    of.set_switch(10)
    record = of.folder / "switch" / "applied.json"
    record.write_text(json.dumps({"percent": 10, "number": 2}))
    seen = of.read_switch()
    assert (seen.is_applied, seen.why) == (False, "`apply` has not been run")
    assert of.set_switch(10).is_applied
    assert deploys(tmp_path) == ["10", "10"]


LYING = """
import pathlib, sys
if len(sys.argv) == 1:
    print(pathlib.Path("state").read_text())
elif not pathlib.Path("lie").exists():
    pathlib.Path("state").write_text(sys.argv[1])
"""


def test_a_setting_that_failed_leaves_in_force_what_was(tmp_path: Path) -> None:
    """Nothing was moved and nothing deployed: the last deploy still counts."""
    (tmp_path / "state").write_text("0")
    kind = {"command": {"set": python(LYING), "read": python(LYING)}, "apply": ["true"]}
    of = world(tmp_path, plan(switch=kind), patience_s=10)
    assert of.set_switch(10).is_applied
    (tmp_path / "lie").touch()
    assert not of.set_switch(50).is_set
    seen = of.read_switch()
    assert (seen.percent, seen.is_applied) == (10, True)


@pytest.fixture
def health() -> Iterator[tuple[Server, dict[str, int]]]:
    """A service that says which share it deals."""
    state = {"share": 0}
    with answering(lambda _request: (200, dict(state))) as server:
        yield server, state


def test_with_a_condition_only_the_condition_says_that_it_is_in_force(
    tmp_path: Path, health: tuple[Server, dict[str, int]]
) -> None:
    """A deploy that exits with 0 and changes nothing is not in force."""
    server, state = health
    (tmp_path / ".env").write_text("P=0\n")
    probe = {"http": {"get": server.url}, "returns": {"share": "int"}}
    kind = {
        "env_file": {"path": ".env", "key": "P"},
        "apply": python(DEPLOY),
        "applied": "health.share == 10",
    }
    of = world(tmp_path, plan(switch=kind, probes={"health": probe}), patience_s=10)
    done = of.set_switch(10)
    assert (done.is_set, done.is_applied) == (True, False)
    assert "health.share = 0" in done.why
    state["share"] = 10
    assert of.read_switch().is_applied


def test_a_condition_that_cannot_be_measured_is_not_in_force(tmp_path: Path) -> None:
    """What nobody could look at never passes."""
    before = time.monotonic()
    done = made(tmp_path, applied="health.share == 10").set_switch(10)
    assert not done.is_applied
    assert "could not be measured" in done.why
    assert time.monotonic() - before < 20
