"""What a gate says about what was seen."""

from __future__ import annotations

from collections.abc import Mapping
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
        aged = old._replace(measured_at=NOW - timedelta(seconds=age_s))
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


@pytest.mark.parametrize(
    ("v2", "total", "quiet_s", "wanted"),
    [
        (152, 152, 300.0, Verdict.PASS),
        (151, 151, 300.0, Verdict.THIN),
        (152, 152, 299.0, Verdict.THIN),
        (9_999, 10_000, 300.0, Verdict.FAIL),
        (0, 0, 300.0, Verdict.THIN),
    ],
)
def test_a_wrong_request_is_forgiven_once_none_came_for_long_enough(
    v2: int, total: int, quiet_s: float, wanted: Verdict
) -> None:
    """A third of `by`, and 152 requests: of 3 points none in 152 happens once in a hundred."""
    confirm = Confirm(rate="decisions.v2", of="decisions.total")
    assert judge_confirm(confirm, 100, v2, total, quiet_s).verdict is wanted


AS_GOOD = {"rate": "imports.ok", "of": "imports.total", "than": "v1", "margin": 1.0, "needs": 20}


@pytest.mark.parametrize(
    ("ours", "theirs", "wanted"),
    [
        ((95, 96), (950, 960), Verdict.PASS),
        ((70, 96), (950, 960), Verdict.FAIL),
        ((19, 19), (950, 960), Verdict.THIN),
        ((95, 96), (19, 19), Verdict.THIN),
        ((97, 96), (950, 960), Verdict.BLIND),
        ((96, 96), (0, 0), Verdict.THIN),
    ],
)
def test_a_rate_is_compared_with_the_other_side_now(
    ours: tuple[int, int], theirs: tuple[int, int], wanted: Verdict
) -> None:
    """Worse by surely more than the margin fails; both sides need their items."""
    both = seen(
        imports("v2", ok=ours[0], total=ours[1]), imports("v1", ok=theirs[0], total=theirs[1])
    )
    found = judged(AS_GOOD, both)
    assert found.verdict is wanted, found


def test_a_comparison_takes_the_reference_that_was_handed_in_first() -> None:
    """Side v1 may come with the reference, and is not looked for among the readings then."""
    both = seen(
        imports("v2", ok=95, total=96),
        reference={("imports", "v1"): imports("v1", ok=950, total=960)},
    )
    assert verdict(AS_GOOD, both) is Verdict.PASS


def test_a_stage_is_a_reference_by_what_was_recorded_of_it() -> None:
    """`than: canary` compares the same side, however old the record; without one it is blind."""
    gate = AS_GOOD | {"than": "canary"}
    old = imports("v2", ok=950, total=960)._replace(measured_at=NOW - timedelta(days=3))
    ours = imports("v2", ok=70, total=96)
    assert verdict(gate, seen(ours, reference={("imports", "v2"): old})) is Verdict.FAIL
    assert judged(gate, seen(ours)).why == "there is no record of imports in canary"


def test_a_comparison_without_a_margin_tells_nothing() -> None:
    """Not below the baseline fails half of identical systems."""
    gate = {name: one for name, one in AS_GOOD.items() if name != "margin"}
    both = seen(imports("v2", ok=95, total=96), imports("v1", ok=950, total=960))
    assert verdict(gate, both) is Verdict.BLIND


@pytest.mark.parametrize(("looks", "wanted"), [(1, Verdict.FAIL), (14, Verdict.PASS)])
def test_alpha_is_divided_by_the_number_of_looks(looks: int, wanted: Verdict) -> None:
    """What would fail if looked at once does not if it is looked at fourteen times."""
    both = seen(imports("v2", ok=89, total=96), imports("v1", ok=950, total=960), looks=looks)
    found = judged(AS_GOOD, both)
    assert found.verdict is wanted, found
    assert found.figures["alpha"] == round(0.05 / looks, 6)


def test_a_rate_of_errors_is_worse_when_it_is_higher() -> None:
    """`worse: higher` turns the comparison round; the margin may be a share of the reference."""
    many = seen(imports("v2", ok=30, total=100), imports("v1", ok=30, total=1000))
    few = seen(imports("v2", ok=0, total=100), imports("v1", ok=300, total=1000))
    relative = {"rate": "imports.ok", "of": "imports.total", "than": "v1", "margin_pct": 50.0}
    for gate in (AS_GOOD, relative):
        higher = gate | {"worse": "higher"}
        assert verdict(higher, many) is Verdict.FAIL
        assert verdict(higher, few) is Verdict.PASS
        assert verdict(gate, many) is Verdict.PASS
        assert verdict(gate, few) is Verdict.FAIL


SLOW = {"quantile": 0.95, "of": "imports.seconds", "at_most": 60.0, "sure": 99, "needs": 20}


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [
        ([], Verdict.THIN),
        ([1.0] * 19, Verdict.THIN),
        ([1.0] * 20, Verdict.PASS),
        ([1.0] * 18 + [90.0] * 2, Verdict.PASS),
        ([1.0] * 15 + [90.0] * 5, Verdict.FAIL),
        ([90.0] * 2, Verdict.FAIL),
        ("fast", Verdict.BLIND),
        ([1.0] * 30 + [float("nan")], Verdict.BLIND),
    ],
)
def test_a_quantile_has_a_limit(seconds: object, wanted: Verdict) -> None:
    """FAIL once surely too many lie beyond it."""
    values = tuple(seconds) if isinstance(seconds, list) else seconds
    assert verdict(SLOW, seen(imports(seconds=values))) is wanted  # type: ignore[arg-type]


def test_a_quantile_may_have_a_limit_below() -> None:
    """Throughput is worse when it is lower: nineteen of twenty must reach the limit."""
    gate = {"quantile": 0.05, "of": "imports.seconds", "at_least": 10.0, "sure": 99}
    assert verdict(gate, seen(imports(seconds=(20.0,) * 30))) is Verdict.PASS
    assert verdict(gate, seen(imports(seconds=(20.0,) * 20 + (1.0,) * 10))) is Verdict.FAIL


NO_SLOWER = {
    "quantile": 0.95,
    "of": "imports.seconds",
    "than": "canary",
    "margin_pct": 10.0,
    "needs": 20,
}


def times(count: int, factor: float = 1.0) -> tuple[float, ...]:
    """Durations from 1 s on, spread."""
    return tuple(factor * (1 + at * 9 / count) for at in range(count))


@pytest.mark.parametrize(
    ("ours", "theirs", "wanted"),
    [
        (times(96), times(96), Verdict.PASS),
        (times(96, 1.08), times(96), Verdict.PASS),
        (times(96, 1.6), times(96), Verdict.FAIL),
        (times(19), times(96), Verdict.THIN),
        (times(96), times(19), Verdict.THIN),
        (times(20, 5.0), times(20), Verdict.FAIL),
    ],
)
def test_a_quantile_is_compared_with_a_stage(
    ours: tuple[float, ...], theirs: tuple[float, ...], wanted: Verdict
) -> None:
    """Slower by surely more than the margin fails."""
    record = {("imports", "v2"): imports(seconds=theirs)}
    assert verdict(NO_SLOWER, seen(imports(seconds=ours), reference=record)) is wanted


def test_a_comparison_that_could_never_fail_does_not_pass() -> None:
    """Two items against two cannot tell anything, whatever `needs` says."""
    gate = NO_SLOWER | {"needs": 0, "sure": 99}
    record = {("imports", "v2"): imports(seconds=times(2))}
    found = judged(gate, seen(imports(seconds=times(2, 9.0)), reference=record))
    assert found.verdict is Verdict.THIN
    assert "can never tell" in found.why


NO_NEW = {"no_new": "imports.errors", "than": "canary"}
KNOWN = (
    "timeout after 31 s on import 8f14e45f-ceea-467f-a9d0-e2cbb6a1b2c3",
    "mailbox ana@example.com is locked since 2026-02-21T11:58:01.123Z",
    "bad block 0x7f3a at 1,234,567",
    "object acme_k3j9x2a7 has no parent 9e107d9d372bb6826bd81d3542a419d6",
)
AGAIN = (
    "timeout after 7 s on import 00000000-1111-2222-3333-444444444444",
    "mailbox ben.b@mail.example.org is locked since 2026-02-20 10:00:00",
    "bad  block 0xff at 99",
    "object acme_zz81k2l4 has no parent 0cc175b9c0f1b6a831c399e269772661",
)


def test_errors_of_a_known_kind_are_not_new() -> None:
    """Ids, numbers, addresses, times and hex tell one failure from the next of its kind."""
    record = {("imports", "v2"): imports(errors=KNOWN)}
    assert verdict(NO_NEW, seen(imports(errors=AGAIN), reference=record)) is Verdict.PASS
    assert verdict(NO_NEW, seen(imports(errors=()), reference=record)) is Verdict.PASS


def test_a_new_kind_of_error_is_named() -> None:
    """The most frequent first, shortened, and no more than five of them."""
    record = {("imports", "v2"): imports(errors=KNOWN)}
    new = ("worker ran out of memory",) * 2 + ("x" * 300,) + tuple(f"kind {c}" for c in "abcdef")
    found = judged(NO_NEW, seen(imports(errors=AGAIN + new), reference=record))
    assert found.verdict is Verdict.FAIL
    assert found.why.startswith("new: worker ran out of memory (2 times); kind a (1 times)")
    assert found.why.endswith("and 3 more")
    assert found.figures["new"] == 8
    assert all(len(str(one)) < 120 for one in found.figures.values())


def test_no_errors_among_too_few_items_are_thin() -> None:
    """With `of` both need their items: no error in three imports says little."""
    gate = NO_NEW | {"of": "imports.total", "needs": 20}
    for ours, theirs, wanted in [(3, 90, "THIN"), (90, 3, "THIN"), (90, 90, "PASS")]:
        record = {("imports", "v2"): imports(errors=KNOWN, total=theirs)}
        what = seen(imports(errors=(), total=ours), reference=record)
        assert verdict(gate, what) == wanted
    assert verdict(NO_NEW, seen(imports(errors=("x",)))) is Verdict.BLIND
    assert verdict({"no_new": "imports.errors"}, seen(imports(errors=("x",)))) is Verdict.BLIND


UPWARD = {"no_upward": "health.rss_mb", "sure": 99, "needs": 20}


def memory(count: int, per_step: float) -> dict[str, tuple[tuple[float, float], ...]]:
    """A series with a saw on it."""
    return {
        "health.rss_mb": tuple(
            (300.0 * at, 500.0 + per_step * at + (at * 7919 % 13)) for at in range(count)
        )
    }


@pytest.mark.parametrize(
    ("count", "per_step", "more", "wanted"),
    [
        (288, 0.0, {}, Verdict.PASS),
        (288, 0.5, {}, Verdict.FAIL),
        (288, -0.5, {}, Verdict.PASS),
        (288, 0.5, {"margin_pct": 50.0}, Verdict.PASS),
        (288, 0.5, {"margin": 20.0}, Verdict.FAIL),
        (19, 9.0, {}, Verdict.THIN),
        (11, 9.0, {"needs": 2}, Verdict.THIN),
    ],
)
def test_memory_that_leaks_is_an_upward_trend(
    count: int, per_step: float, more: dict[str, object], wanted: Verdict
) -> None:
    """A saw is none, nor what falls; a rise within the margin is allowed."""
    now = reading("health", {"rss_mb": 500.0})
    found = judged(UPWARD | more, seen(now, series=memory(count, per_step)))
    assert found.verdict is wanted, found


def test_a_trend_needs_its_present_reading() -> None:
    """What rose until it could not be measured any more has not passed."""
    series = memory(288, 0.0)
    assert verdict(UPWARD, seen(reading("health", None), series=series)) is Verdict.BLIND
    now = reading("health", {"rss_mb": 500.0})
    assert verdict(UPWARD, seen(now)) is Verdict.BLIND


def test_the_graver_of_a_limit_and_a_comparison_counts() -> None:
    """A gate with both fails by either, and its figures are of both."""
    gate = AS_GOOD | {"at_least": 99.9, "sure": 99}
    both = seen(imports("v2", ok=900, total=1000), imports("v1", ok=900, total=1000))
    found = judged(gate, both)
    assert found.verdict is Verdict.FAIL
    assert {"at_most", "reference_rate"} <= found.figures.keys()
