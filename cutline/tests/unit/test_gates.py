"""What a gate says about what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cutline.gates import Conditions, Judged, Seen, Verdict, judge, judge_confirm, judge_trigger
from cutline.plan.gate import Gate
from cutline.plan.switch import Confirm
from cutline.plan.trigger import Trigger
from cutline.run.reading import Question, Reading, Value

NOW = datetime(2026, 2, 21, 12, tzinfo=UTC)
TYPES = (
    ("health.rss_mb", "double"),
    ("health.status", "string"),
    ("health.ready", "bool"),
    ("imports.errors", "list(string)"),
    ("imports.ok", "int"),
    ("imports.seconds", "list(double)"),
    ("imports.stuck", "int"),
    ("imports.total", "int"),
    ("imports.v1.stuck", "int"),
    ("inputs.version", "string"),
)
CONDITIONS = Conditions(
    TYPES, {"inputs.version": "2.0"}, {"health": 300.0}, {"imports": ("v2", "v1")}
)


def reading(
    probe: str, values: Mapping[str, Value] | None, side: str | None = None, why: str = ""
) -> Reading:
    """A reading of now."""
    return Reading(Question(probe, side, NOW, NOW), NOW, values, why)


def seen(*readings: Reading, **more: object) -> Seen:
    """What was seen: these readings."""
    found = {(r.question.probe, r.question.side): r for r in readings}
    return Seen(NOW, found, **more)  # type: ignore[arg-type]


def imports(side: str = "v2", **values: Value) -> Reading:
    """A reading of one side of the probe with sides."""
    return reading("imports", values, side)


def judged(gate: dict[str, object], what: Seen, name: str = "gate") -> Judged:
    """The verdict of a gate as a plan writes it."""
    return judge(Gate.model_validate(gate), name, what, CONDITIONS)


def verdict(gate: dict[str, object], what: Seen) -> Verdict:
    return judged(gate, what).verdict


HEALTHY = {"check": 'health.status == "healthy" || health.ready'}


def test_a_check_says_whether_its_condition_holds() -> None:
    """PASS and FAIL are the condition's own answer, with the values as figures."""
    well = seen(reading("health", {"status": "healthy", "ready": True}))
    ill = seen(reading("health", {"status": "down", "ready": False}))
    assert verdict(HEALTHY, well) is Verdict.PASS
    assert verdict(HEALTHY, ill) is Verdict.FAIL
    assert judged(HEALTHY, ill).figures == {"health.status": "down", "health.ready": False}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (reading("health", {"status": "healthy"}), "no value for health.ready"),
        (reading("health", {"status": "healthy", "ready": None}), "no value for health.ready"),
        (reading("health", None, why="refused"), "health: refused"),
        (reading("health", None), "no reading"),
        (reading("other", {}), "was not asked"),
    ],
)
def test_what_was_not_measured_never_passes_also_under_an_or(found: Reading, why: str) -> None:
    """A missing field is blind although the other half of the condition is true."""
    blind = judged(HEALTHY, seen(found))
    assert blind.verdict is Verdict.BLIND
    assert why in blind.why


def test_a_reading_older_than_fresh_is_blind() -> None:
    """Yesterday's health says nothing about now."""
    old = reading("health", {"status": "healthy", "ready": True})
    for age_s, wanted in [(300, Verdict.PASS), (301, Verdict.BLIND)]:
        aged = replace(old, measured_at=NOW - timedelta(seconds=age_s))
        assert verdict(HEALTHY, seen(aged)) is wanted


def test_a_plain_field_means_the_first_side() -> None:
    """The success of v2 is never computed over v1 and v2 together."""
    both = seen(imports("v2", stuck=7), imports("v1", stuck=0))
    assert verdict({"check": "imports.stuck == 0"}, both) is Verdict.FAIL
    assert verdict({"check": "imports.v1.stuck == 0"}, both) is Verdict.PASS


def test_a_condition_reads_inputs() -> None:
    """A value that no probe gives stands beside those that one does."""
    gate = {"check": "health.status == inputs.version"}
    assert verdict(gate, seen(reading("health", {"status": "2.0"}))) is Verdict.PASS
    assert verdict(gate, seen(reading("health", {"status": "1.0"}))) is Verdict.FAIL


def test_a_value_of_the_wrong_type_is_blind() -> None:
    """A stringly number is not compared in some way, it is not measured."""
    assert verdict({"check": "imports.stuck == 0"}, seen(imports(stuck="0"))) is Verdict.BLIND


SUCCESS = {"rate": "imports.ok", "of": "imports.total", "at_least": 95.0, "sure": 99, "needs": 20}


@pytest.mark.parametrize(
    ("ok", "total", "wanted"),
    [
        (0, 0, Verdict.THIN),
        (19, 19, Verdict.THIN),
        (20, 20, Verdict.PASS),
        (90, 96, Verdict.PASS),  # 93.75 %, and it may well be a healthy 98 %
        (80, 96, Verdict.FAIL),
        (0, 2, Verdict.FAIL),
        (0, 1, Verdict.THIN),
        (21, 20, Verdict.BLIND),
        (-1, 20, Verdict.BLIND),
        (None, 20, Verdict.BLIND),
        (True, 20, Verdict.BLIND),
        (float("nan"), 20, Verdict.BLIND),
    ],
)
def test_a_rate_fails_when_it_is_surely_below(ok: Value, total: int, wanted: Verdict) -> None:
    """The bound decides, not the share; nonsense is blind; few items are thin."""
    assert verdict(SUCCESS, seen(imports(ok=ok, total=total))) is wanted


def test_a_rate_may_have_a_limit_above() -> None:
    """A share of errors fails when it is surely above."""
    gate = {"rate": "imports.ok", "of": "imports.total", "at_most": 5.0, "sure": 99}
    assert verdict(gate, seen(imports(ok=6, total=100))) is Verdict.PASS
    assert verdict(gate, seen(imports(ok=30, total=100))) is Verdict.FAIL


def test_a_rate_without_a_limit_never_passes() -> None:
    """A gate that can only pass is no gate."""
    gate = {"rate": "imports.ok", "of": "imports.total"}
    assert verdict(gate, seen(imports(ok=100, total=100))) is Verdict.BLIND


TRIGGER = {"rate": "imports.ok", "of": "imports.total", "below": 95.0, "sure": 99}
CRITICAL = {"severity": "critical", "do": "rollback"}


@pytest.mark.parametrize(
    ("ok", "total", "wanted"),
    [
        (0, 1, Verdict.PASS),
        (0, 2, Verdict.FAIL),
        (96, 96, Verdict.PASS),
        (0, 0, Verdict.THIN),
        (5, 4, Verdict.BLIND),
    ],
)
def test_a_total_outage_fires_after_two_items(ok: int, total: int, wanted: Verdict) -> None:
    """FAIL of a trigger says that the symptom is there, PASS that it is not."""
    trigger = Trigger.model_validate(TRIGGER | CRITICAL)
    assert judge_trigger(trigger, seen(imports(ok=ok, total=total)), CONDITIONS).verdict is wanted


def test_a_total_outage_fires_below_needs() -> None:
    """`needs` is for passing: two of two lost are enough to know."""
    trigger = Trigger.model_validate(TRIGGER | CRITICAL | {"needs": 20})
    lost, kept = seen(imports(ok=0, total=2)), seen(imports(ok=2, total=2))
    assert judge_trigger(trigger, lost, CONDITIONS).verdict is Verdict.FAIL
    assert judge_trigger(trigger, kept, CONDITIONS).verdict is Verdict.THIN


def test_a_trigger_on_a_condition_fires_when_it_holds() -> None:
    """`when` describes the symptom."""
    trigger = Trigger.model_validate({"when": "imports.stuck > 10"} | CRITICAL)
    for stuck, wanted in [(11, Verdict.FAIL), (10, Verdict.PASS), (None, Verdict.BLIND)]:
        found = judge_trigger(trigger, seen(imports(stuck=stuck)), CONDITIONS)
        assert found.verdict is wanted


def test_a_trigger_on_a_report_fires_once_it_is_reported() -> None:
    """A person's report is a symptom of its own."""
    trigger = Trigger.model_validate({"report": "complaint"} | CRITICAL)
    assert judge_trigger(trigger, seen(), CONDITIONS).verdict is Verdict.PASS
    told = seen(reported=frozenset({"complaint"}))
    assert judge_trigger(trigger, told, CONDITIONS).verdict is Verdict.FAIL


COMPLAINTS = {"attest": "complaints in this stage", "equals": 0}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, Verdict.BLIND),
        ({"complaints": 0}, Verdict.PASS),
        ({"complaints": "0"}, Verdict.PASS),
        ({"complaints": 3}, Verdict.FAIL),
        ({"complaints": "none"}, Verdict.FAIL),
        ({"complaints": False}, Verdict.FAIL),
        ({"other": 0}, Verdict.BLIND),
    ],
)
def test_an_attested_fact_is_blind_until_a_person_gives_it(
    given: dict[str, object], wanted: Verdict
) -> None:
    """Only the value that the plan wants passes, and a yes or no is no count."""
    assert judged(COMPLAINTS, seen(attested=given), "complaints").verdict is wanted


CONFIRM = Confirm.model_validate({"rate": "d.v2", "of": "d.total", "needs": 500})


@pytest.mark.parametrize(
    ("percent", "v2", "total", "wanted"),
    [
        (10, 49, 499, Verdict.THIN),
        (10, 55, 500, Verdict.PASS),
        (10, 0, 500, Verdict.FAIL),
        (10, 90, 500, Verdict.FAIL),
        (0, 0, 0, Verdict.THIN),
        (0, 0, 1, Verdict.PASS),
        (0, 1, 1000, Verdict.FAIL),
        (100, 3, 3, Verdict.PASS),
        (100, 999, 1000, Verdict.FAIL),
        (50, 11, 10, Verdict.BLIND),
    ],
)
def test_traffic_confirms_the_switch(percent: int, v2: int, total: int, wanted: Verdict) -> None:
    """Exact at 0 and 100, by a bound between them, thin without traffic."""
    assert judge_confirm(CONFIRM, percent, v2, total).verdict is wanted
