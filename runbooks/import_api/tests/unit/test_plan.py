"""The plan says what the original runbook says: times, marks, gates and what they ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cutline.plan.load import load

HOUR_S, DAY_S = 3600.0, 86400.0
FILE = Path(__file__).parents[2] / "plan.yaml"
PLAN = load(FILE, inputs={}).plan


def bake(stage: str) -> Any:
    found = PLAN.stage(stage).bake
    assert found is not None
    return found


def test_every_precondition_is_a_gate_with_what_mends_it() -> None:
    """Columns, health, percentage, headers, clean tree: all before anything is deployed."""
    first = PLAN.stages[0]
    assert first.steps == ()
    wanted = {"columns_exist", "healthy", "percentage_at_0", "marked_deprecated", "clean_tree"}
    assert set(first.gates) == wanted
    assert all(PLAN.gates[name].severity == "BLOCKER" for name in first.gates)


@pytest.mark.parametrize(
    ("stage", "percent", "for_s", "marks_s"),
    [
        ("canary", 10, DAY_S, [HOUR_S, 6 * HOUR_S, DAY_S]),
        ("half", 50, 2 * DAY_S, [n * DAY_S / 2 for n in range(1, 5)]),
        ("full", 100, 7 * DAY_S, [n * DAY_S for n in range(1, 8)]),
        ("sunset", None, 7 * DAY_S, [n * DAY_S for n in range(1, 8)]),
        ("without v1", None, 7 * DAY_S, [n * DAY_S for n in range(1, 8)]),
    ],
)
def test_each_stage_lasts_as_long_as_the_runbook_says(
    stage: str, percent: int | None, for_s: float, marks_s: list[float]
) -> None:
    """10 % for 24 h looked at after 1, 6 and 24 h; 50 % for 48 h every 12; 100 % for 7 days."""
    assert PLAN.stage(stage).percent == percent
    assert bake(stage).for_s == for_s
    assert list(bake(stage).marks_s) == marks_s


def test_v1_goes_after_fourteen_days_at_100_percent_and_two_people() -> None:
    """Seven days at 100 %, seven of sunset, then two approvals and a step of no return."""
    names = [stage.name for stage in PLAN.stages]
    before = names[names.index("full") : names.index("remove v1")]
    assert sum(bake(name).for_s for name in before) == 14 * DAY_S
    removing = PLAN.stage("remove v1")
    assert removing.approve is not None
    assert removing.approve.quorum == 2
    assert [step.no_return for step in removing.steps] == [True, False]
    assert "v1_gone" in removing.gates
    assert names[-2:] == ["without v1", "clean up"]


def test_success_is_judged_for_v2_alone() -> None:
    """The first side is what a plain field means; over both V2 could lose half of 10 %."""
    assert PLAN.probes["imports"].sides == ("v2", "v1")
    gate = PLAN.gates["success"]
    assert (gate.rate, gate.at_least) == ("imports.ok", 95.0)
    assert PLAN.gates["not_stuck"].tolerate_s == 2 * HOUR_S


def test_half_is_compared_with_what_the_canary_measured() -> None:
    """Success, durations and kinds of errors, at every mark."""
    wanted = ("as_good", "no_slower", "no_new_error")
    assert [PLAN.gates[name].than for name in wanted] == ["canary"] * 3
    assert set(wanted) <= set(PLAN.stage("half").gates)


def test_before_removal_v1_is_silent_for_a_day_and_then_for_a_week() -> None:
    """At the end of each stage; the callers are listed."""
    assert PLAN.probes["v1_calls"].over_s == DAY_S
    assert PLAN.probes["v1_calls_week"].over_s == 7 * DAY_S
    assert "callers" in PLAN.probes["v1_calls"].returns
    assert "v1_silent_24_h" in PLAN.stage("full").gates
    assert "v1_silent_7_days" in PLAN.stage("sunset").gates


def test_every_row_of_the_decision_table_is_a_trigger() -> None:
    """Six symptoms with severity, action and time, and corruption is an incident."""
    rows = {one.label: one for one in PLAN.triggers}
    at_once = [label for label, one in rows.items() if one.severity == "critical"]
    assert all(rows[label].do == "rollback" for label in at_once)
    assert len(at_once) == 5
    complaint = next(one for one in PLAN.triggers if one.report == "complaint")
    assert (complaint.do, complaint.else_do, complaint.after_s) == ("ask", "rollback", HOUR_S)
    slow = rows["slow imports"]
    assert (slow.do, slow.else_do, slow.after_s) == ("extend", "rollback", 6 * HOUR_S)
    assert [one.label for one in PLAN.triggers if one.incident] == [
        "wrong soulprint",
        "report corruption",
    ]
    stuck = next(one for one in PLAN.triggers if one.label == "stuck")
    assert stuck.when == "imports.stuck > 10"


def test_the_plan_is_the_file_that_was_read() -> None:
    """No stage is made up by the loader."""
    written = yaml.safe_load(FILE.read_text())
    assert [stage["name"] for stage in written["stages"]] == [stage.name for stage in PLAN.stages]
