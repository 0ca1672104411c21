"""The plan, run against the real service under real traffic, a day in a second."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests_support.import_run import ImportRun, baking, import_run

from cutline.run.state import State

SOAK = os.environ.get("SOAK") == "1"
soak = pytest.mark.skipif(not SOAK, reason="SOAK=1: the three of the issue are in every run")
TIMEOUT = "ReadTimeout: the model did not answer"


def set_to(run: ImportRun) -> list[int]:
    """The percentages to which the switch was put, in order; a slow one is told of twice."""
    return [int(data["percent"]) for data in run.of("switch_set") if data["is_applied"]]


def caused(run: ImportRun) -> str:
    """Why the run was rolled back."""
    return str(run.of("rollback_started")[0]["why"])


def at(percent: int) -> Callable[[State], bool]:
    return lambda state: state.traffic.percent == percent and state.traffic.is_applied


def is_intact(run: ImportRun) -> None:
    """Both verifiers say that the sealed evidence is whole."""
    tar = str(run.folder / "evidence.tar")
    key = f"{run.environment['CUTLINE_KEY']}.pub"
    run.call("cutline", "verify", tar, "--key", key)
    run.call("cutline", "verify", "--write-standalone", str(run.local))
    run.call(sys.executable, str(run.local / "verify.py"), tar, "--key", key)


def rolling_back(run: ImportRun) -> list[str]:
    """The states of its rollback, in order."""
    return [str(data["state"]) for data in run.of("rollback_state")]


def is_rolled_back(run: ImportRun) -> None:
    """Exit 4, v2 at 0 %, seen in the log of the routing, drained, sealed with verdict FAIL."""
    assert run.ends() == 4, run.story
    assert set_to(run)[-1] == 0
    assert (run.local / ".env.deployed").read_text().count("V2_ROLLOUT_PERCENT=0") == 1
    last = run.of("confirmed")[-1]
    assert (last["percent"], last["verdict"], last["figures"]["v2"]) == (0, "PASS", 0)
    assert last["figures"]["total"] > 0
    after = (run.local / "app.log").read_text().splitlines()[-50:]
    routed = [line.rpartition(" ")[2] for line in after if "Routing import request" in line]
    assert set(routed) == {"v1"}
    assert "draining" in rolling_back(run)
    assert rolling_back(run)[-1] == "undoing"
    (closed,) = run.of("closed")
    assert (closed["outcome"], closed["verdict"]) == ("rolled back", "FAIL (COMPRESSED)")
    is_intact(run)


def test_a_healthy_cutover_ends_with_v1_removed_and_sealed(tmp_path: Path) -> None:
    """10, 50, 100 %, v1 answers 404, routing is cleaned up, exit 0, both verifiers say intact."""
    with import_run(tmp_path) as run:
        run.begin()
        assert run.ends() == 0, run.story
        assert set_to(run) == [10, 50, 100]
        seen = [(d["percent"], d["verdict"]) for d in run.of("confirmed") if d["verdict"] == "PASS"]
        assert seen == [(10, "PASS"), (50, "PASS"), (100, "PASS")]
        state = run.state()
        assert (state.outcome, state.origin.factor) == ("complete", 86400)
        marks = [data for data in run.of("judged") if data.get("mark") and data["clock"]]
        taken = [data["mark"] for data in marks if data["clock"]["is_taken"]]
        assert len(taken) >= (3 + 4 + 3 * 7) / 2  # a slow machine judges neighbours at once
        base_url = (run.local / "base_url").read_text().strip()
        assert httpx.get(f"{base_url}/process-full").status_code == 404
        assert "V2_ROLLOUT_PERCENT" not in (run.local / ".env.production").read_text()
        summary = (run.folder / "90_result_summary.txt").read_text()
        assert "COMPRESSED" in summary
        assert not re.findall(r": FAIL", summary), summary
        is_intact(run)


def test_a_fault_at_half_is_rolled_back_and_the_next_run_names_it(tmp_path: Path) -> None:
    """The trigger fires within seconds; a new run says what was fixed, or does not begin."""
    with import_run(tmp_path) as run:
        run.begin()
        run.reaches(at(50))
        run.fault(fail={"rate": 0.5, "message": TIMEOUT})
        is_rolled_back(run)
        assert "imports.ok of imports.total" in caused(run)
        plan = ["cutline", "run", "runbooks/import_api/plan.yaml", "--by", "ana"]
        run.call(*plan, code=64)
        run.call(*plan, "--follows", run.name, code=64)
        run.fault()
        first = run.name
        run.begin("--follows", first, "--fixed", "the model's timeout is 30 s now")
        run.reaches(at(10))
        assert run.name != first
        assert run.state().origin.follows == first
        assert run.of("stage_started")[0]["stage"] == "prerequisites"


def test_a_switch_that_lies_is_found_and_said(tmp_path: Path) -> None:
    """The setting says 10 %, traffic shows 0 %: the run says so, bakes nothing and goes no further.

    A person is asked once `by` of `confirm` is over; it is shortened here, as it is not compressed.
    """
    with import_run(tmp_path) as run:
        shortened(run, by="12s")
        run.fault(lie={})
        run.begin()
        run.reaches(lambda state: bool(state.pauses))
        said = run.of("confirmed")[-1]
        assert (said["percent"], said["verdict"], said["figures"]["v2"]) == (10, "FAIL", 0)
        assert "0 % of" in said["why"]
        (pause,) = run.state().pauses.values()
        assert pause.why.startswith("traffic does not show 10 %")
        assert "traffic does not show 10 %" in run.call("cutline", "status", run.name, code=2)
        assert set_to(run) == [10]
        assert not [data for data in run.of("judged") if data.get("mark")][2:]  # two stages before
        assert "paused: traffic does not show 10 %" in run.story


def shortened(run: ImportRun, by: str) -> None:
    """Commit a plan whose traffic has to show sooner what the switch says."""
    plan = run.clone / "runbooks/import_api/plan.yaml"
    text, times = re.subn(r"by: \d+[hm]\}", f"by: {by}}}", plan.read_text(), count=1)
    assert times == 1
    plan.write_text(text)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    run.call("git", *who, "commit", "--quiet", "--all", "--message", "sooner")


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("half", {"crash": {}}, "crashes"),
    ("half", {"leak": {"mb_per_s": 200}}, "crashes"),
    ("half", {"corrupt": {"rate": 0.3}}, "soulprints.corrupt"),
    ("full", {"stall": {"rate": 0.9}}, "imports.stuck"),
    ("half", {"new_error": {"rate": 0.5}}, "imports"),
]


@soak
@pytest.mark.parametrize(("stage", "fault", "why"), FAULTS, ids=lambda one: str(one)[:20])
def test_each_row_of_the_decision_table_rolls_back(
    tmp_path: Path, stage: str, fault: dict[str, Any], why: str
) -> None:
    """Crash, out of memory, wrong results, stuck work, errors: rolled back, confirmed, sealed."""
    with import_run(tmp_path) as run:
        run.begin()
        run.reaches(baking(stage))
        run.fault(**fault)
        if "stall" in fault:  # what stands still never drains: somebody has to end that
            run.reaches(lambda _: "draining" in rolling_back(run))
            run.fault()
        is_rolled_back(run)
        assert why in caused(run) or any(why in d["why"] for d in run.of("trigger_fired"))


@soak
def test_a_complaint_is_asked_about_and_rolls_back_after_its_time(tmp_path: Path) -> None:
    """Somebody is asked first; nobody answers, and it is rolled back (1 h, here its least)."""
    with import_run(tmp_path) as run:
        run.begin()
        run.reaches(baking("half"))
        run.call("cutline", "report", run.name, "complaint", "--by", "kim")
        is_rolled_back(run)
        assert [data["do"] for data in run.of("trigger_fired")] == ["ask", "rollback"]


@soak
def test_a_setting_that_is_not_applied_is_found(tmp_path: Path) -> None:
    """A deploy that does nothing leaves the traffic where it was, and the run where it is."""
    with import_run(tmp_path) as run:
        shortened(run, by="12s")
        apply = run.clone / "runbooks/import_api/service/apply.py"
        apply.write_text("print('{}')\n")
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        run.call("git", *who, "commit", "--quiet", "--all", "--message", "a deploy that is none")
        run.begin("--input", "version=1.0.0")
        run.reaches(lambda state: bool(state.pauses))
        assert set_to(run) == [10]
        assert run.of("confirmed")[-1]["verdict"] == "FAIL"


@soak
def test_a_person_may_roll_back_at_any_time(tmp_path: Path) -> None:
    """A word is enough, and takes effect within a tick."""
    with import_run(tmp_path) as run:
        run.begin()
        run.reaches(baking("half"))
        run.call("cutline", "rollback", run.name, "--by", "ana", "--reason", "I ask", code=7)
        is_rolled_back(run)
        assert "I ask" in caused(run)
