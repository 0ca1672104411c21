"""A scenario is read with its places, and refused where it does not fit the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutline.errors import CannotMeasure
from cutline.plan.load import Loaded, load
from cutline.rehearsal.check import check_scenario
from cutline.rehearsal.load import ScenarioRefused, load_scenario, scenarios_of

PLAN = """\
cutline: 1
name: small
people: {ana: {roles: [sre]}}
switch: {env_file: {path: .env, key: V2}}
probes:
  health: {http: {get: "http://127.0.0.1:1/"}, returns: {status: string, rss: double}}
  work: {command: {argv: ["true"]}, returns: {ok: int, total: int}, over: 1h, past: true}
gates:
  healthy: {check: 'health.status == "up"'}
  success: {rate: work.ok, of: work.total, at_least: 95.0, sure: 99}
  quiet: {attest: complaints, equals: 0, at: end}
stages:
  - {name: canary, percent: 10, bake: {for: 1h}, gates: [healthy, success, quiet]}
triggers:
  - {report: complaint, severity: high, do: rollback}
"""
GOOD = """\
scenario: 1
about: nothing
start: 2026-03-02T09:00:00Z
probes:
  health: {status: up, rss: 1.5}
  work: {ok: $ok, total: $total}
"""


def plan(folder: Path) -> Loaded:
    path = folder / "plan.yaml"
    path.write_text(PLAN)
    return load(path)


def faults(folder: Path, text: str, used: str | None = None) -> list[str]:
    path = folder / "play.yaml"
    path.write_text(text)
    if used is not None:
        (folder / "_shared.yaml").write_text(used)
    try:
        scenario, source = load_scenario(path)
    except ScenarioRefused as refused:
        return [str(one) for one in refused.faults]
    return [str(one) for one in check_scenario(scenario, plan(folder), source)]


def test_a_scenario_that_says_what_the_plan_reads_has_no_fault(tmp_path: Path) -> None:
    """Nothing is noticed in a good one."""
    assert faults(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("evnts: []", "play.yaml:7:1: unknown key `evnts`; did you mean `events`?"),
        ("gates: {healthy: PASS}", "play.yaml:7:1: `gates`: a scenario says what the world does"),
        ("events: [{at: canary, verdict: PASS}]", "play.yaml:7:23: `verdict`: a scenario says"),
        ("events: [{at: canry+3h, per_hour: 0}]", "7:15: the plan has no stage `canry`; did you"),
        ("events: [{at: canary+x}]", "play.yaml:7:15: `at`: 'x' is no duration"),
        ("events: [{at: canary, probe: helth, blind: x}]", "no probe `helth`; did you mean `hea"),
        ("events: [{at: canary, probe: health, values: {rs: 1.0}}]", "`health` returns no `rs`"),
        ("events: [{at: canary, probe: health, values: {rss: up}}]", "double is what the probe"),
        ("events: [{at: canary, blind: x}]", "values and blind want `probe`: whose?"),
        ("events: [{at: canary}]", "this event says a time, and nothing happens"),
        ("events: [{at: canary, report: complain}]", "report `complain`; did you mean `complaint"),
        ("events: [{at: canary, command: resum}]", "did you mean `resume`?"),
        ("steps: {deploy: {takes: 1m}}", "play.yaml:7:9: the plan has no step `deploy`"),
        ("people: [{checkpoint: quite, by: ana}]", "no checkpoint `quite`; did you mean `quiet`?"),
        ("people: [{checkpoint: quiet, by: anna}]", "`anna` is not among the plan's people; did"),
        ("inputs: {x: 1}", "play.yaml:7:10: the plan has no input `x`"),
        ("traffic: {zone: Europe/Berlyn}", "'Europe/Berlyn' is no zone"),
        ("traffic: {night: {from: '25:00', to: '06:00', per_hour: 1}}", "'25:00' is no time of"),
        ("expect: {outcome: fine}", "`outcome` is one of complete, rolled back"),
        ("expect: {outcome: complete, stage: half}", "the plan has no stage `half`"),
        ("uses: /etc/passwd", "`uses` names a file beside the scenario"),
        ("uses: _gone.yaml", "'_gone.yaml' cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(tmp_path: Path, more: str, said: str) -> None:
    """Each fault names line and column, what it is, and the nearest right word."""
    found = faults(tmp_path, GOOD + more + "\n")
    assert any(said in one for one in found), found


def test_a_field_that_a_gate_reads_and_nobody_says_is_a_fault(tmp_path: Path) -> None:
    """A play that is blind by oversight would prove nothing."""
    found = faults(tmp_path, GOOD.replace("total: $total", ""))
    assert "field `total` of probe `work` measures; read by the gate `success`" in found[0]
    found = faults(tmp_path, GOOD.replace("  health: {status: up, rss: 1.5}\n", ""))
    assert "probe `health` measures; read by the gate `healthy`" in found[0]


@pytest.mark.parametrize(
    ("said", "what"), [("$totl", "did you mean `$total`?"), ("$seconds", "is list(double)")]
)
def test_a_measure_of_the_work_has_to_exist_and_to_fit(
    tmp_path: Path, said: str, what: str
) -> None:
    """A list is no count, and a word with a typing error is no measure."""
    assert what in faults(tmp_path, GOOD.replace("total: $total", f"total: {said}"))[0]


def test_shared_parts_lie_below_and_their_faults_stand_in_their_file(tmp_path: Path) -> None:
    """Keys of the scenario win, people are asked first, events come on top."""
    shared = GOOD.replace("about: nothing\n", "about: all\nseed: 7\n") + (
        "traffic: {per_hour: 5, zone: UTC}\n"
        "people: [{checkpoint: '*', by: ana, value: 0}]\n"
        "events: [{at: canary+1m, per_hour: 1}, {at: cnary, per_hour: 2}]\n"
    )
    own = (
        "uses: _shared.yaml\nscenario: 1\nabout: mine\ntraffic: {per_hour: 9}\n"
        "people: [{checkpoint: quiet, by: ana, value: 1}]\n"
        "events: [{at: canary+2m, per_hour: 3}, {at: cannary, per_hour: 4}]\n"
    )
    found = faults(tmp_path, own, shared)
    assert [one.split(": ")[0] for one in found] == ["_shared.yaml:10:45", "play.yaml:6:45"]
    scenario, _ = load_scenario(tmp_path / "play.yaml")
    assert (scenario.about, scenario.seed) == ("mine", 7)
    assert (scenario.traffic.per_hour, scenario.traffic.zone) == (9, "UTC")
    assert [one.checkpoint for one in scenario.people] == ["quiet", "*"]
    assert [one.per_hour for one in scenario.events] == [1, 2, 3, 4]


def test_what_is_used_uses_nothing_itself(tmp_path: Path) -> None:
    """One level, so that whoever reads a scenario has two files to look at."""
    found = faults(tmp_path, "uses: _shared.yaml\nscenario: 1\nabout: x\n", "uses: _b.yaml\n")
    assert any("one level deep" in one for one in found)


def test_a_folder_is_all_its_scenarios_without_the_shared_parts(tmp_path: Path) -> None:
    """A name that begins with `_` is no play of its own."""
    for name in ("b.yaml", "a.yaml", "_shared.yaml", "notes.md"):
        (tmp_path / name).write_text("x")
    assert [one.name for one in scenarios_of(tmp_path)] == ["a.yaml", "b.yaml"]


def test_a_scenario_that_is_not_there_could_not_be_measured(tmp_path: Path) -> None:
    """It is no verdict about the plan."""
    with pytest.raises(CannotMeasure):
        load_scenario(tmp_path / "none.yaml")


def test_an_input_is_wanted_only_where_a_condition_reads_it(tmp_path: Path) -> None:
    """What only real probes need, such as a database's address, a play does without."""
    text = PLAN.replace("name: small", "name: small\ninputs: {dsn: {env: D}, want: {env: W}}")
    (tmp_path / "plan.yaml").write_text(text.replace('== "up"', "== inputs.want"))
    (tmp_path / "play.yaml").write_text(GOOD)
    loaded = load(tmp_path / "plan.yaml", environment={}, may_miss=True)
    assert set(loaded.missing) == {"dsn", "want"}
    scenario, source = load_scenario(tmp_path / "play.yaml")
    assert [one.what for one in check_scenario(scenario, loaded, source)] == [
        "the input `want` has no value: --input want=…, or under `inputs` here"
    ]
