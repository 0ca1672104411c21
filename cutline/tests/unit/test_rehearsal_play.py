"""A play: the real driver over a simulated world, with people, absences and wrong clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cutline.plan.load import Loaded, load
from cutline.rehearsal.play_clock import PlayClock
from cutline.rehearsal.rehearse import Played, rehearse
from cutline.rehearsal.scenario import Scenario
from cutline.run.kinds import Kind

START = "2026-03-02T09:00:00Z"
PLAN = """\
cutline: 1
name: small
people: {ana: {roles: [sre]}, ben: {roles: [sre]}, eva: {roles: [sre]}}
switch: {env_file: {path: .env, key: V2}}
probes:
  health: {http: {get: "http://127.0.0.1:1/"}, returns: {status: string}}
  work: {command: {argv: ["true"]}, returns: {ok: int, total: int}, over: 1h, past: true}
gates:
  healthy: {check: 'health.status == "up"'}
  success: {rate: work.ok, of: work.total, at_least: 90.0, sure: 99, needs: 20}
  quiet: {attest: complaints, equals: 0, at: end}
stages:
  - name: deploy
    steps:
      - {name: deploy, command: ["true"], repeatable: true}
      - {name: up, wait_for: {check: 'health.status == "up"', timeout: 10m}, repeatable: true}
  - name: canary
    approve: {by: sre, quorum: 2}
    percent: 10
    bake: {for: 2h, every: 5m, max_gap: 15m}
    gates: [healthy, success, quiet]
triggers:
  - {name: failing, rate: work.ok, of: work.total, below: 50.0, sure: 99, severity: critical,
     do: rollback}
"""
WORLD: dict[str, Any] = {
    "scenario": 1,
    "about": "x",
    "start": START,
    "until": "12h",
    "traffic": {"per_hour": 1200},
    "v2": {"fails_pct": 0},
    "probes": {"health": {"status": "up"}, "work": {"ok": "$ok", "total": "$total"}},
    "people": [
        {"checkpoint": "quiet", "by": "ana", "value": 0},
        {"checkpoint": "*", "by": ["ana", "ben"], "after": "10m"},
    ],
}


@pytest.fixture
def plan(tmp_path: Path) -> Loaded:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return load(path)


def played(plan: Loaded, **more: Any) -> Played:
    return rehearse(plan, Scenario.model_validate(WORLD | more))


def kinds(one: Played) -> list[str]:
    return [entry.kind for entry in one.entries]


def test_a_healthy_world_completes_and_people_were_asked(plan: Loaded) -> None:
    """Two distinct people approve, one attests; the outcome is what a run would have."""
    one = played(plan, expect={"outcome": "complete", "stage": "canary"})
    assert one.came.outcome == "complete"
    assert one.unmet == ()
    assert one.exit_code == 0
    by = [entry.data["by"] for entry in one.entries if entry.kind == Kind.APPROVED]
    assert by == ["ana", "ben", "ana"]


def test_what_was_not_expected_is_named(plan: Loaded) -> None:
    """Outcome, stage, time and words each."""
    expect = {
        "outcome": "rolled back",
        "stage": "deploy",
        "at": "canary+10h",
        "says": ["pigs fly"],
        "never": ["approved by ana"],
    }
    one = played(plan, expect=expect)
    assert one.exit_code == 1
    assert [text.split(":")[0] for text in one.unmet or ()] == [
        "outcome", "stage", "at", "says", "never",
    ]  # fmt: skip


def test_without_expectation_the_outcome_is_the_code(plan: Loaded) -> None:
    """As `cutline run` would leave."""
    assert played(plan).exit_code == 0
    assert played(plan, people=[]).exit_code == 2
    failing = [{"at": "canary+30m", "v2": {"fails_pct": 100}}]
    assert played(plan, events=failing).exit_code == 4


def test_a_failure_of_v2_rolls_back_by_the_trigger(plan: Loaded) -> None:
    """Soon after it began, and not before."""
    failing = [{"at": "canary+30m", "v2": {"fails_pct": 100}}]
    expect = {"outcome": "rolled back", "at": "canary+30m .. canary+90m"}
    one = played(plan, events=failing, expect=expect)
    assert one.unmet == ()


def test_a_step_that_waits_for_a_condition_really_waits(plan: Loaded) -> None:
    """The scenario's probe has to say so: here it never does, and a person is asked."""
    down = [{"at": "start", "probe": "health", "values": {"status": "down"}, "for": "5h"}]
    one = played(plan, events=down, until="1h")
    assert one.came.outcome == "waiting"
    ended = [e for e in one.entries if e.kind == Kind.STEP_ENDED and e.data["step"] == "up"]
    assert [e.data["exit_code"] for e in ended] == [1]


def test_an_absent_driver_journals_nothing_and_says_so_afterwards(plan: Loaded) -> None:
    """The missed instants are asked for where the probe knows the past."""
    away = [{"at": "canary+20m", "driver_absent": True, "for": "1h"}]
    one = played(plan, events=away)
    absent = [entry for entry in one.entries if entry.kind == Kind.ABSENT]
    assert len(absent) == 1
    since, until = (datetime.fromisoformat(absent[0].data[key]) for key in ("since", "until"))
    assert timedelta(hours=1) <= until - since <= timedelta(hours=1, minutes=1)
    late = [e for e in one.entries if e.kind == Kind.TICK and e.data.get("is_late")]
    assert {r["probe"] for e in late for r in e.data["readings"]} == {"work"}


def test_a_clock_that_goes_back_is_journaled(plan: Loaded) -> None:
    """And the run goes on to its end."""
    one = played(plan, events=[{"at": "canary+30m", "clock_jump": "-20m"}])
    back = [entry for entry in one.entries if entry.kind == Kind.CLOCK_WENT_BACK]
    assert [entry.data["by_s"] for entry in back] == [19 * 60.0]
    assert one.came.outcome == "complete"


def test_a_switch_that_fails_or_cannot_be_read_stops_the_raise(plan: Loaded) -> None:
    """Nothing rises on a setting that nobody saw."""
    for event in ({"switch_fails": "permission denied"}, {"switch_unreadable": "no such file"}):
        one = played(plan, events=[{"at": "start", **event}], until="3h")
        assert one.came.outcome == "waiting"
        assert not any(e.kind == Kind.SWITCH_SET and e.data["is_set"] for e in one.entries)


def test_commands_of_people_are_taken_as_in_a_run(plan: Loaded) -> None:
    """A rollback by hand, with who said it."""
    event = {"at": "canary+15m", "command": "rollback", "by": "ben", "data": {"reason": "mist"}}
    one = played(plan, events=[event])
    started = next(entry for entry in one.entries if entry.kind == Kind.ROLLBACK_STARTED)
    assert (started.data["by"], started.data["why"]) == ("ben", "mist")


def test_nobody_can_approve_for_a_person_that_the_plan_does_not_have(plan: Loaded) -> None:
    """The message is refused as in a run, and the play waits."""
    one = played(plan, people=[{"checkpoint": "*", "by": ["ana", "eve"]}], until="2h")
    refused = [e for e in one.entries if e.kind == Kind.MESSAGE and not e.data["is_accepted"]]
    assert "eve is not among the plan's people" in refused[0].data["why"]
    assert one.came.outcome == "waiting"


def test_a_step_that_is_cut_off_runs_again_where_it_may(plan: Loaded) -> None:
    """`repeatable` is what lets it."""
    one = played(plan, steps={"deploy": {"takes": "3m", "cut_off": True}})
    tries = [e.data["attempt"] for e in one.entries if e.kind == Kind.STEP_STARTING]
    assert tries[:2] == [1, 2]
    assert Kind.STEP_CUT_OFF in kinds(one)


def test_the_same_scenario_plays_the_same_entries(plan: Loaded) -> None:
    """A play is a test: nothing of it comes from the machine's clock or chance."""
    first, second = (played(plan) for _ in range(2))
    assert [(e.at, e.kind, e.data) for e in first.entries] == [
        (e.at, e.kind, e.data) for e in second.entries
    ]


def test_a_wrong_clock_leads_back_to_the_time() -> None:
    """Over jumps ahead and back, each said instant has its true one."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    clock = PlayClock(at)
    clock.sleep(3600)
    clock.set_off(-1800)
    clock.sleep(3600)
    clock.set_off(7200)
    clock.sleep(60)
    assert clock.now() == at + timedelta(hours=4, minutes=1)
    assert clock.true_of(clock.now()) == clock.true == at + timedelta(hours=2, minutes=1)
    assert clock.true_of(at + timedelta(hours=3)) == at + timedelta(hours=2)
    assert clock.true_of(at + timedelta(minutes=90)) == at + timedelta(hours=2)
    assert clock.true_of(at + timedelta(minutes=10)) == at + timedelta(minutes=10)
